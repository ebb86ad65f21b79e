package import PluginKit

/// Guards the operations that it has rules for: they say which peers may have which artifacts, files or pieces, and when.
///
/// `on_request` rules are asked in their order; the first that covers a byte of the artifact decides it, and what no rule covers is denied.
/// `metadata` rules are asked in the same way. Where there are none, a peer may have the metadata exactly when it may have the whole artifact,
/// because the metadata names every file. `connect`, `announce` and `message` rules decide as a whole. `write_request` rules are the same for
/// what we ask of peers.
package struct GatePlugin: Plugin {
  package static let name = "gate"
  package static let summary = "guards what it has rules for: peers, artifacts, files, pieces and hours; puts requests off"
  package static let hooks: [Hook] = [
    .judge, .onRequest, .writeRequest, .onPiece, .onReject, .onChoke, .onUnchoke, .sentRequest, .sentCancel, .sentPiece,
    .sentReject, .sentChoke, .sentPayload, .tick, .onDisconnect,
  ]

  package let guards: Set<Operation>
  let lists: [GateList: GateRules]
  private let services: PluginServices
  private let book: QuotaBook
  private let counted: GateHistory
  /// Whether a rule looks at what peers have had so far.
  package let keepsHistory: Bool
  private let fileWarnings: [String]
  private let swept = Swept()

  package init(settings: GateSettings, services: PluginServices) throws {
    let files = try GateFiles(settings.files, services)
    var problems = files.problems
    var lists: [GateList: GateRules] = [:]
    for list in GateList.allCases {
      let own = settings.lists.rules[list].map { GateRule.compile($0, list: list, problems: &problems) }
      let others = files.files.compactMap { file in
        file.lists.rules[list].map { GateRule.compile($0, list: list, file: file.name, problems: &problems) }
      }
      if own != nil || !others.isEmpty { lists[list] = GateRules(list, (own ?? []) + others.flatMap { $0 }) }
    }
    if lists.isEmpty, problems.isEmpty {
      problems.append(SettingsProblem("the gate has no rules: write on_request, another list, or files of rules"))
    }
    guard problems.isEmpty else { throw SettingsProblems(problems) }
    (self.lists, self.services, fileWarnings) = (lists, services, files.warnings)
    guards = Set(lists.keys.map(\.operation)).union(lists[.onRequest] == nil ? [] : [.metadata])
    book = QuotaBook(store: services.store, wallClock: services.wallClock)
    counted = GateHistory(services, book, lists.values.flatMap(\.rules))
    keepsHistory = counted.isNeeded
  }

  package var warnings: [String] {
    fileWarnings
      + GateList.allCases.compactMap { lists[$0] }.flatMap { list in
        list.rules.isEmpty ? ["gate.\(list.name) is empty: it allows nobody"] : list.rules.compactMap(\.emptiness).map { "gate.\($0)" }
      }
  }

  package func judge(_ operation: Operation, _ facts: PeerFacts) throws -> Verdict {
    switch operation {
    case .connect: return judgeWhole(.connect, facts)
    case .announce: return judgeWhole(.announce, facts)
    case .message: return judgeWhole(.message, facts)
    case .ask: return judgePart(.writeRequest, facts)
    case .request: return judgePart(.onRequest, facts)
    case .metadata: return lists[.metadata] == nil ? metadataByRequests(facts) : judgePart(.metadata, facts)
    }
  }

  private func judgeWhole(_ list: GateList, _ facts: PeerFacts) -> Verdict {
    lists[list]?.verdict(facts) ?? .deny("the gate has no rules for \(list.operation.rawValue)")
  }

  private func judgePart(_ list: GateList, _ facts: PeerFacts) -> Verdict {
    guard let rules = lists[list] else { return .deny("the gate has no rules for \(list.operation.rawValue)") }
    guard let artifact = facts.artifact else { return .deny("the gate answers for artifacts, and none of ours was named") }
    return rules.outcome(facts, artifact).verdict
  }

  private func metadataByRequests(_ facts: PeerFacts) -> Verdict {
    guard let rules = lists[.onRequest] else { return .deny("the gate has no rules for metadata") }
    guard let artifact = facts.artifact else { return .deny("the gate answers for artifacts, and none of ours was named") }
    let outcome = rules.outcome(facts, artifact)
    guard case .part = outcome.scope else { return outcome.verdict }
    return .deny(
      "gate.on_request allows a part only, and the metadata names every file", rule: outcome.rule?.name, place: outcome.rule?.place,
      validUntil: outcome.validUntil)
  }

  package func history(of facts: PeerFacts, isConnected: Bool) -> PeerHistory? {
    keepsHistory ? counted.of(facts, isConnected: isConnected) : nil
  }

  package func newTorrent(_ artifact: ArtifactFacts) throws -> (any TorrentPlugin)? {
    let measures = lists[.onRequest].flatMap { $0.rules.contains { $0.answer.isMeasure } ? $0 : nil }
    guard measures != nil || lists[.writeRequest] != nil || keepsHistory else { return nil }
    return GateTorrent(
      measures: measures, asking: lists[.writeRequest], book: book, history: keepsHistory ? counted : nil,
      requests: lists[.onRequest] ?? GateRules(.onRequest, []), services: services)
  }

  package func tick(_ now: ContinuousClock.Instant) throws {
    if swept.isDue(now) { book.sweep() }
  }
}

/// The plugin's part for one artifact.
private struct GateTorrent: TorrentPlugin {
  let measures: GateRules?
  let asking: GateRules?
  let book: QuotaBook
  /// Nil where nothing is counted.
  let history: GateHistory?
  let requests: GateRules
  let services: PluginServices
  private let preferred = PreferredPeers()

  init(
    measures: GateRules?, asking: GateRules?, book: QuotaBook, history: GateHistory?, requests: GateRules, services: PluginServices
  ) {
    (self.measures, self.asking, self.book) = (measures, asking, book)
    (self.history, self.requests, self.services) = (history, requests, services)
  }

  func newConnection(_ peer: PeerContext) throws -> (any PeerPlugin)? {
    let isMeasured = measures?.rules.contains { $0.answer.isMeasure && $0.match(peer.facts) == .yes } == true
    guard isMeasured || asking != nil || history != nil else { return nil }
    return GatePeer(
      measures: isMeasured ? measures.map { GateMeasures($0, peer, book, services) } : nil,
      asking: asking.map { GateAsking($0, peer, preferred, book, services) },
      allowance: history.map { GateAllowance(requests, peer, $0, services) })
  }
}
