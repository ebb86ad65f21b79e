package import PluginKit

/// What `policy lint` finds in a gate's rules.
extension GatePlugin {
  package func findings(_ survey: PolicySurvey) -> [PolicyFinding] {
    var findings: [PolicyFinding] = []
    for list in GateList.allCases.compactMap({ lists[$0] }) {
      findings += Self.empty(list)
      findings += Self.expired(list, survey)
      findings += Self.unreachable(list)
      findings += Self.unknown(list, survey)
      findings += Self.withoutIdentity(list, survey)
    }
    if let requests = lists[.onRequest] { findings += Self.unreadable(requests, survey) }
    return findings
  }

  private static func empty(_ list: GateRules) -> [PolicyFinding] {
    guard !list.rules.isEmpty else { return [PolicyFinding(.empty, "gate.\(list.name) is empty: it allows nobody")] }
    return list.rules.compactMap { rule in rule.emptiness.map { PolicyFinding(.empty, "gate.\($0)", place: rule.place) } }
  }

  private static func expired(_ list: GateRules, _ survey: PolicySurvey) -> [PolicyFinding] {
    list.rules.filter { !$0.note.holds(at: survey.now) }.map { rule in
      PolicyFinding(.expired, "gate.\(rule.name) \(rule.note.ending): remove it, or write another until", place: rule.place)
    }
  }

  private static func unreachable(_ list: GateRules) -> [PolicyFinding] {
    list.rules.indices.compactMap { index in
      let rule = list.rules[index]
      guard let earlier = list.rules[..<index].first(where: { $0.hides(rule) }) else { return nil }
      let place = earlier.place.map { " (\($0))" } ?? ""
      return PolicyFinding(
        .unreachable, "gate.\(rule.name) decides nothing: gate.\(earlier.name)\(place) decides all that it is about", place: rule.place)
    }
  }

  private static func unknown(_ list: GateRules, _ survey: PolicySurvey) -> [PolicyFinding] {
    // Where nothing is published yet nothing can match.
    guard !survey.artifacts.isEmpty else { return [] }
    return list.rules.compactMap { rule in
      guard let patterns = rule.artifacts, !patterns.isEmpty else { return nil }
      guard !patterns.contains(where: { survey.artifacts.contains(where: $0.matches) }) else { return nil }
      return PolicyFinding(.unknownArtifact, "gate.\(rule.name) is about artifacts that the inventory does not hold", place: rule.place)
    }
  }

  private static func unreadable(_ list: GateRules, _ survey: PolicySurvey) -> [PolicyFinding] {
    survey.artifacts.filter { !list.mayBeGiven($0, survey) }.map { artifact in
      PolicyFinding(.unreadableArtifact, "no rule of gate.on_request gives \(artifact.name) to anybody")
    }
  }

  private static func withoutIdentity(_ list: GateRules, _ survey: PolicySurvey) -> [PolicyFinding] {
    guard let listener = survey.plainListeners.first else { return [] }
    return list.rules.filter { rule in rule.identities?.contains { $0.trustEntry != Identity.conversationTrust } == true }.map { rule in
      PolicyFinding(
        .plainListener, "gate.\(rule.name) is about identities, and peers at the plain listener \(listener) prove none", place: rule.place)
    }
  }
}

extension GateRules {
  /// Whether some peer may have some of the artifact, now or at another hour.
  fileprivate func mayBeGiven(_ artifact: ArtifactFacts, _ survey: PolicySurvey) -> Bool {
    for rule in rules where rule.note.holds(at: survey.now) && rule.emptiness == nil && !rule.answer.isShadow {
      guard rule.artifacts?.contains(where: { $0.matches(artifact) }) ?? true else { continue }
      if rule.answer.gives { return true }
      if rule.isForEverybody { return false }
    }
    return false
  }
}

extension GateRule {
  /// Whether nothing but the artifact limits it.
  fileprivate var isForEverybody: Bool {
    peers == nil && identities == nil && clients == nil && isUnlimited && window == nil && conditions.isEmpty && note.until == nil
  }

  /// Whether it decides, at all times, everything that a later rule is about.
  fileprivate func hides(_ later: GateRule) -> Bool {
    guard window == nil, conditions.isEmpty, note.until == nil, !answer.isShadow, emptiness == nil else { return false }
    let hasPeers = peers.map { own in later.peers.map(own.covers) ?? false } ?? true
    return hasPeers && Self.holds(identities, later.identities) && Self.holds(clients, later.clients)
      && (Self.holds(artifacts, later.artifacts) || artifacts?.contains { $0 == ArtifactPattern.everything } == true)
      && Self.holds(files, later.files)
      && (pieces.map { own in later.pieces.map(own.covers) ?? false } ?? true)
  }

  /// Whether all that the later one names is named by the earlier one; nil names everything.
  private static func holds<Item: Hashable>(_ earlier: [Item]?, _ later: [Item]?) -> Bool {
    guard let earlier else { return true }
    guard let later, !later.isEmpty else { return false }
    return Set(later).isSubset(of: earlier)
  }
}

extension PieceRanges {
  fileprivate func covers(_ other: PieceRanges) -> Bool {
    other.ranges.allSatisfy { range in ranges.contains { $0.contains(range.lowerBound) && $0.contains(range.upperBound) } }
  }
}
