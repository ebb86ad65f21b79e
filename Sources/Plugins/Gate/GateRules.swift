import Metainfo
internal import PluginKit
import Synchronization

/// A list of rules, asked for a peer and an artifact.
struct GateRules: Sendable {
  /// `on_request`.
  let name: String
  let rules: [GateRule]
  private let cache = ResolutionCache()

  init(name: String, rules: [GateRule]) {
    (self.name, self.rules) = (name, rules)
  }

  /// What the list says, and how long it says so.
  struct Outcome {
    /// What is given; nil for nothing.
    let scope: Scope?
    /// The rule that the answer is explained by; nil where none matches.
    let rule: GateRule?
    /// Why.
    let reason: String
    let validUntil: WallTime?

    var verdict: Verdict {
      guard let scope else { return .deny(reason, rule: rule?.name, place: rule?.place, validUntil: validUntil) }
      return .allow(reason, rule: rule?.name, place: rule?.place, validUntil: validUntil, scope: scope)
    }
  }

  /// Asks the rules in their order; the first that covers a byte decides it.
  func outcome(_ facts: PeerFacts, _ artifact: ArtifactFacts) -> Outcome {
    let selection = select(facts, artifact)
    let resolution = cache.resolution(of: artifact, selection.applying, rules)
    if let scope = resolution.scope, let place = resolution.firstAllowing {
      return outcome(selection, place, scope, scope == .everything ? "allowed by" : "allowed in part by")
    }
    if let place = resolution.firstDenying { return outcome(selection, place, nil, "denied by") }
    let absences = selection.absences.isEmpty ? "" : ": " + selection.absences.joined(separator: ", ")
    return Outcome(scope: nil, rule: nil, reason: "no rule of gate.\(name) matches\(absences)", validUntil: selection.validUntil)
  }

  private func outcome(_ selection: Selection, _ place: Int, _ scope: Scope?, _ verb: String) -> Outcome {
    let rule = rules[selection.applying[place]]
    return Outcome(scope: scope, rule: rule, reason: rule.note.explain("\(verb) gate.\(rule.name)"), validUntil: selection.validUntil)
  }

  /// The rules that apply to a peer and an artifact at a moment.
  private struct Selection {
    /// Places in the list, ascending.
    var applying: [Int] = []
    /// Why others do not, which would apply at another time.
    var absences: [String] = []
    /// The first moment at which any of this can change.
    var validUntil: WallTime?
  }

  private func select(_ facts: PeerFacts, _ artifact: ArtifactFacts) -> Selection {
    var selection = Selection()
    for (index, rule) in rules.enumerated() where rule.concerns(facts, artifact) {
      let (holds, until) = rule.state(at: facts.now)
      selection.validUntil = [selection.validUntil, until].compactMap { $0 }.min()
      if holds { selection.applying.append(index) } else { selection.absences.append(rule.absence(at: facts.now)) }
      // It covers what is left: later rules decide nothing as long as it holds.
      if holds, rule.isUnlimited { break }
    }
    return selection
  }
}

/// Resolutions by artifact and applying rules: peers that the same rules apply to share one, and its memory.
private final class ResolutionCache: Sendable {
  private struct Key: Hashable {
    let infoHash: InfoHash
    let applying: [Int]
  }

  private static let capacity = 512
  private let known = Mutex<[Key: GateResolution]>([:])

  func resolution(of artifact: ArtifactFacts, _ applying: [Int], _ rules: [GateRule]) -> GateResolution {
    let key = Key(infoHash: artifact.infoHash, applying: applying)
    if let found = known.withLock({ $0[key] }) { return found }
    // Made outside the lock: two loops may make the same one, and none waits for another.
    let made = GateResolution.resolve(applying.map { rules[$0] }, layout: artifact.layout)
    known.withLock { known in
      if known.count >= Self.capacity { known.removeAll() }
      known[key] = made
    }
    return made
  }
}
