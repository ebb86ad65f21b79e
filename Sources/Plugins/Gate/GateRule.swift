internal import PluginKit

/// A rule of the gate, compiled. A field that is nil limits nothing; fields are joined by AND, the items of one by OR.
struct GateRule: Sendable {
  /// `on_request[0]`.
  let name: String
  /// `FILE:LINE:COLUMN`, where it is known.
  let place: String?
  let answer: Verdict.Answer
  let peers: NetworkTable?
  let identities: [IdentityPattern]?
  let artifacts: [ArtifactPattern]?
  let files: [Glob]?
  let pieces: PieceRanges?
  let window: TimeWindow?
  let note: Note

  /// Whether the rule is about the whole of each artifact that it is about.
  var isUnlimited: Bool { files == nil && pieces == nil }

  /// Whether the rule is about this peer and this artifact, whatever the time.
  func concerns(_ facts: PeerFacts, _ artifact: ArtifactFacts) -> Bool {
    (peers?.contains(facts.address.ip) ?? true) && isOf(facts.identities) && (artifacts?.contains { $0.matches(artifact) } ?? true)
  }

  private func isOf(_ proven: [Identity]) -> Bool {
    identities.map { patterns in patterns.contains { pattern in proven.contains(where: pattern.matches) } } ?? true
  }

  /// Whether the rule holds at a moment, and when that can change; nil for never.
  func state(at now: WallTime) -> (holds: Bool, until: WallTime?) {
    guard note.holds(at: now) else { return (false, nil) }
    guard let window else { return (true, note.until) }
    let (isOpen, until) = window.state(at: now)
    return (isOpen, [until, note.until].compactMap { $0 }.min())
  }

  /// Why the rule does not hold at a moment at which it does not.
  func absence(at now: WallTime) -> String {
    note.holds(at: now) ? "\(name) is outside its hours" : "\(name) \(note.ending)"
  }

  /// What is missing from the rule for it ever to say anything; nil where nothing is.
  var emptiness: String? {
    let empty = [
      ("peers", peers?.isEmpty), ("identities", identities?.isEmpty), ("artifacts", artifacts?.isEmpty), ("files", files?.isEmpty), ("pieces", pieces?.ranges.isEmpty),
      ("when.days", window?.days.isEmpty),
    ]
    return empty.first { $0.1 == true }.map { "\(name).\($0.0) is empty: the rule never applies" }
  }
}
