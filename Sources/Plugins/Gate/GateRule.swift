import PeerProtocol
internal import PluginKit

/// Whether a rule is about a peer and an artifact.
enum GateMatch: Sendable, Hashable {
  case no
  /// What it looks at is not known yet: the question is asked again when it is.
  case notYet
  case yes

  /// Both must hold.
  func and(_ other: @autoclosure () -> GateMatch) -> GateMatch {
    guard self != .no else { return .no }
    let other = other()
    return other == .yes ? self : other
  }
}

/// A rule of the gate, compiled. A field that is nil limits nothing; fields are joined by AND, the items of one by OR.
struct GateRule: Sendable {
  /// `on_request[0]`, or `on_request[0] of edge.yaml`.
  let name: String
  /// `FILE:LINE:COLUMN`, where it is known.
  let place: String?
  let list: GateList
  let answer: GateAnswer
  let peers: NetworkTable?
  let identities: [IdentityPattern]?
  let clients: [ClientPattern]?
  let artifacts: [ArtifactPattern]?
  let files: [Glob]?
  let pieces: PieceRanges?
  let window: TimeWindow?
  /// What the peer may have had so far.
  let conditions: GateConditions
  /// Of `write_request`: how many blocks may be asked of a peer at a time.
  let inFlight: Int?
  /// Of `write_request`: peers there are asked first.
  let prefer: NetworkTable?
  let note: Note

  /// Whether the rule is about the whole of each artifact that it is about.
  var isUnlimited: Bool { files == nil && pieces == nil }

  /// Whether the rule is about this peer and this artifact, whatever the time.
  func match(_ facts: PeerFacts) -> GateMatch {
    matchPeer(facts).and(matchArtifact(facts))
  }

  private func matchPeer(_ facts: PeerFacts) -> GateMatch {
    guard peers?.contains(facts.address.ip) ?? true else { return .no }
    return matchIdentity(facts).and(matchClient(facts))
  }

  private func matchIdentity(_ facts: PeerFacts) -> GateMatch {
    guard let identities else { return .yes }
    if identities.contains(where: { facts.identities.contains(where: $0.matches) }) { return .yes }
    return identities.contains(where: facts.mayStillProve) ? .notYet : .no
  }

  private func matchClient(_ facts: PeerFacts) -> GateMatch {
    guard let clients else { return .yes }
    guard let id = facts.peerID else { return .notYet }
    return clients.contains { $0.matches(id) } ? .yes : .no
  }

  private func matchArtifact(_ facts: PeerFacts) -> GateMatch {
    guard let artifacts else { return .yes }
    if let artifact = facts.artifact { return artifacts.contains { $0.matches(artifact) } ? .yes : .no }
    // None of ours is named: either not yet, or the handshake has named another.
    return list == .connect && facts.infoHash == nil && !artifacts.isEmpty ? .notYet : .no
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
      ("peers", peers?.isEmpty), ("identities", identities?.isEmpty), ("clients", clients?.isEmpty), ("artifacts", artifacts?.isEmpty),
      ("files", files?.isEmpty), ("pieces", pieces?.ranges.isEmpty), ("when.days", window?.days.isEmpty),
    ]
    return empty.first { $0.1 == true }.map { "\(name).\($0.0) is empty: the rule never applies" }
  }
}
