package import PluginKit

/// Limits how much principals are given of artifacts: bytes and blocks over windows of time, and rates; kept across restarts.
///
/// As a guard of `request` it refuses whoever has nothing left, and explains with figures. As a handler it counts the blocks that are really
/// sent, refuses requests beyond a quota and chokes their peer until the window ends, and postpones requests beyond a rate.
package struct QuotaPlugin: Plugin {
  package static let name = "quota"
  package static let summary =
    "guards request: bytes, blocks and rates per principal and artifact over windows of time, kept across restarts"
  package static let hooks: [Hook] = [
    .judge, .newTorrent, .newConnection, .onRequest, .sentPiece, .sentReject, .sentChoke, .sentPayload, .tick, .onDisconnect,
  ]

  package let guards: Set<Operation> = [.request]
  private let rules: [QuotaRule]
  private let services: PluginServices
  private let book: QuotaBook
  private let swept = Swept()

  package init(settings: QuotaSettings, services: PluginServices) throws {
    var problems: [SettingsProblem] = []
    rules = QuotaRule.compile(settings.rules, problems: &problems)
    guard problems.isEmpty else { throw SettingsProblems(problems) }
    self.services = services
    book = QuotaBook(store: services.store, wallClock: services.wallClock)
  }

  package var warnings: [String] {
    if rules.isEmpty { return ["it has no rules and limits nothing"] }
    return rules.flatMap { rule in
      let empty = [("principals", rule.principals?.isEmpty), ("artifacts", rule.artifacts?.isEmpty)].filter { $0.1 == true }
      return empty.map { "\(rule.name).\($0.0) is empty: the rule never applies" }
    }
  }

  package func judge(_ operation: Operation, _ facts: PeerFacts) throws -> Verdict {
    guard let artifact = facts.artifact else { return .deny("quotas are about artifacts, and none of ours was named") }
    var within: [String] = []
    var ends = rules.compactMap(\.note.until).filter { $0 > facts.now }.min()
    for rule in rules where rule.concerns(facts, artifact) {
      for meter in rule.meters {
        let account = book.account(rule.key(meter.measure.rawValue, facts, artifact), meter, at: facts.now)
        if account.isUsedUp(limit: meter.limit) {
          let until = [account.again(meter.window), rule.note.until].compactMap { $0 }.min()
          return .deny(
            Self.usedUp(rule, meter, account, facts, artifact), rule: rule.name, place: rule.place, validUntil: until)
        }
        within.append("\(rule.name): \(meter.figures(account.used)), until \(Moment(meter.window.end(ofStep: account.step)))")
      }
      if let rate = rule.rate { within.append("\(rule.name): at most \(AmountText.describe(bytes: rate))/s") }
    }
    if within.isEmpty { ends = nil }
    return .allow(within.isEmpty ? "no quota is about it" : "within \(within.joined(separator: "; "))", validUntil: ends)
  }

  /// `quota[0]: 10.0.0.7 has used 500 GiB of 500 GiB in 1d, again at 2027-01-02T00:00:00Z`.
  static func usedUp(
    _ rule: QuotaRule, _ meter: QuotaRule.Meter, _ account: QuotaAccount, _ facts: PeerFacts, _ artifact: ArtifactFacts
  ) -> String {
    rule.note.explain(
      "\(rule.name): \(rule.describe(facts, artifact)) has used \(meter.figures(account.used)), again at \(Moment(account.again(meter.window)))"
    )
  }

  package func newTorrent(_ artifact: ArtifactFacts) throws -> (any TorrentPlugin)? {
    QuotaTorrent(rules: rules, services: services)
  }

  package func tick(_ now: ContinuousClock.Instant) throws {
    if swept.isDue(now) { book.sweep() }
  }
}

/// The plugin's part for one artifact.
private struct QuotaTorrent: TorrentPlugin {
  let rules: [QuotaRule]
  let services: PluginServices

  func newConnection(_ peer: PeerContext) throws -> (any PeerPlugin)? {
    let own = rules.filter { $0.concerns(peer.facts, peer.artifact) }
    return own.isEmpty ? nil : QuotaPeer(peer, rules: own, services: services)
  }
}
