import Metainfo
internal import PluginKit
import Synchronization

/// A list of rules, asked for a peer and an artifact.
struct GateRules: Sendable {
  let list: GateList
  let rules: [GateRule]
  private let cache = ResolutionCache()

  init(_ list: GateList, _ rules: [GateRule]) {
    (self.list, self.rules) = (list, rules)
  }

  /// `on_request`.
  var name: String { list.rawValue }

  /// What the list says, and how long it says so.
  struct Outcome {
    /// What is given; nil for nothing.
    let scope: Scope?
    /// The rule that the answer is explained by; nil where none matches.
    let rule: GateRule?
    /// Why.
    let reason: String
    let validUntil: WallTime?
    /// What rules in shadow would have said.
    var shadows: [Verdict] = []
    /// Whether no rule is about the peer and the artifact, at whatever hour.
    var isUnmatched = false

    var verdict: Verdict {
      guard let scope else {
        return Verdict(
          .deny, reason: reason, rule: rule?.name, place: rule?.place, validUntil: validUntil, isUnmatched: isUnmatched)
      }
      return Verdict(
        .allow, reason: reason, rule: rule?.name, place: rule?.place, validUntil: validUntil, scope: scope, shadows: shadows)
    }
  }

  // MARK: What is given of an artifact

  /// Asks the rules in their order; the first that covers a byte decides it.
  func outcome(_ facts: PeerFacts, _ artifact: ArtifactFacts) -> Outcome {
    let selection = select(facts)
    let deciding = selection.applying.filter { !rules[$0].answer.isShadow }
    let resolution = cache.resolution(of: artifact, deciding, rules)
    if let scope = resolution.scope, let place = resolution.firstAllowing {
      var outcome = outcome(selection, rules[deciding[place]], scope)
      outcome.shadows = shadows(selection, artifact, scope)
      return outcome
    }
    if let place = resolution.firstDenying { return outcome(selection, rules[deciding[place]], nil) }
    return unmatched(selection, isUnmatched: deciding.isEmpty)
  }

  /// The rules that apply to a peer and an artifact now, each with what it decides. For those that look at single blocks.
  func deciding(_ facts: PeerFacts, _ artifact: ArtifactFacts) -> [(rule: GateRule, scope: Scope)] {
    let applying = select(facts).applying.map { rules[$0] }.filter { !$0.answer.isShadow }
    return applying.indices.compactMap { place in
      GateResolution.decided(by: place, of: applying, layout: artifact.layout).map { (rule: applying[place], scope: $0) }
    }
  }

  private func outcome(_ selection: Selection, _ rule: GateRule, _ scope: Scope?) -> Outcome {
    let verb = rule.verb(isWhole: scope == .everything, isGiven: scope != nil)
    let rest = selection.isProvisional && scope != nil ? ", as far as is known yet" : ""
    return Outcome(
      scope: scope, rule: rule, reason: rule.note.explain("\(verb) gate.\(rule.name)\(rest)"), validUntil: selection.validUntil)
  }

  private func unmatched(_ selection: Selection, isUnmatched: Bool) -> Outcome {
    let absences = selection.absences.isEmpty ? "" : ": " + selection.absences.joined(separator: ", ")
    return Outcome(
      scope: nil, rule: nil, reason: "no rule of gate.\(name) matches\(absences)", validUntil: selection.validUntil,
      isUnmatched: isUnmatched && selection.absences.isEmpty)
  }

  /// What would be given if the rules in shadow denied what they cover; nothing where that is the same.
  private func shadows(_ selection: Selection, _ artifact: ArtifactFacts, _ scope: Scope) -> [Verdict] {
    guard let first = selection.applying.first(where: { rules[$0].answer.isShadow }) else { return [] }
    let candidate = cache.resolution(of: artifact, selection.applying, rules).scope
    guard candidate != scope else { return [] }
    let rule = rules[first]
    let reason = rule.note.explain("would be denied by gate.\(rule.name)")
    guard let candidate else { return [.deny(reason, rule: rule.name, place: rule.place)] }
    return [.allow(reason, rule: rule.name, place: rule.place, scope: candidate)]
  }

  /// The rules that apply to a peer and an artifact at a moment.
  private struct Selection {
    /// Places in the list, ascending.
    var applying: [Int] = []
    /// Why others do not, which would apply at another time.
    var absences: [String] = []
    /// The first moment at which any of this can change.
    var validUntil: WallTime?
    /// Whether a rule looks at something that is not known yet: as long as it may be, it gives, and does not deny.
    var isProvisional = false
  }

  private func select(_ facts: PeerFacts) -> Selection {
    var selection = Selection()
    for (index, rule) in rules.enumerated() {
      let match = rule.match(facts).and(rule.conditions.match(facts))
      if match == .no { continue }
      let (holds, until) = rule.state(at: facts.now)
      selection.validUntil = [selection.validUntil, until].compactMap { $0 }.min()
      guard holds else {
        selection.absences.append(rule.absence(at: facts.now))
        continue
      }
      if match == .notYet {
        selection.isProvisional = true
        guard rule.answer.gives else { continue }
      } else if let lack = rule.conditions.lack(facts, gives: rule.answer.gives) {
        selection.absences.append("\(rule.name) \(lack)")
        continue
      }
      selection.applying.append(index)
      // It covers what is left: later rules decide nothing as long as it holds.
      if rule.isUnlimited, !rule.answer.isShadow { break }
    }
    return selection
  }

  // MARK: What is given as a whole

  /// Asks the rules in their order; the first that is about the peer decides.
  func verdict(_ facts: PeerFacts) -> Verdict {
    let selection = select(facts)
    let shadow = selection.applying.prefix { rules[$0].answer.isShadow }.first.map { rules[$0] }
    guard let rule = selection.applying.lazy.map({ rules[$0] }).first(where: { !$0.answer.isShadow }) else {
      return unmatched(selection, isUnmatched: true).verdict
    }
    var outcome = outcome(selection, rule, rule.answer.gives ? .everything : nil)
    outcome.shadows =
      shadow.map { [.deny($0.note.explain("would be denied by gate.\($0.name)"), rule: $0.name, place: $0.place)] } ?? []
    return outcome.verdict
  }
}

extension GateRule {
  /// How a reason begins.
  fileprivate func verb(isWhole: Bool, isGiven: Bool) -> String {
    guard isGiven else { return "denied by" }
    let what =
      switch answer {
      case .postpone: "put off"
      case .limit(let rate): "limited to \(AmountText.describe(bytes: rate))/s"
      case .allow, .deny, .shadow: "allowed"
      }
    let isAboutAll = isWhole && (isUnlimited || !answer.isMeasure)
    return isAboutAll ? "\(what) by" : "\(what) in part by"
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
