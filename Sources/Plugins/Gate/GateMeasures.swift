import Metainfo
internal import PluginKit

/// The rules of one connection that put requests off: `postpone` and `limit`.
final class GateMeasures {
  private struct Measure {
    let rule: GateRule
    let scope: Scope
    /// Of `postpone`: when requests are let through.
    let until: ContinuousClock.Instant?
    /// Of `limit`.
    var holding: RateHolding?
    /// Of `limit`: before this nothing is free, and the account need not be asked.
    var again: ContinuousClock.Instant?
  }

  private let rules: GateRules
  private let peer: PeerContext
  private let book: QuotaBook
  private let services: PluginServices
  private var measures: [Measure] = []
  /// When another set of rules may apply.
  private var validUntil: WallTime?
  /// What the peer had had when the rules were looked at.
  private var known: PeerHistory?

  init(_ rules: GateRules, _ peer: PeerContext, _ book: QuotaBook, _ services: PluginServices) {
    (self.rules, self.peer, self.book, self.services) = (rules, peer, book, services)
    compile()
  }

  /// The answer to a request that the grant lets through.
  func answer(_ block: Block) -> RequestAnswer {
    if peer.facts.history != known { compile() }
    let layout = peer.artifact.layout
    for index in measures.indices where measures[index].scope.touches(block, in: layout) {
      if let until = measures[index].until {
        guard until > peer.now else { continue }
        services.counters.count("gate_postponed_requests")
        return .postpone(until: until)
      }
      guard let again = wait(index, Int64(block.length)) else { continue }
      for earlier in measures.indices where earlier < index && measures[earlier].scope.touches(block, in: layout) {
        measures[earlier].holding?.giveBack(Int64(block.length))
      }
      services.counters.count("gate_limited_requests")
      return .postpone(until: again)
    }
    return .pass
  }

  /// Takes a block's bytes from a limit; nil where they were free, else when to ask again.
  private func wait(_ index: Int, _ length: Int64) -> ContinuousClock.Instant? {
    // All that waits is asked again at once: the first ones take what is free, and the others need not look.
    if let again = measures[index].again, again > peer.now { return again }
    measures[index].again = measures[index].holding?.take(length, book).map { peer.now + $0 }
    return measures[index].again
  }

  /// Looks at the rules again where others may apply by now.
  func refresh() {
    guard let validUntil, services.wallClock() >= validUntil else { return }
    compile()
  }

  private func compile() {
    let wall = services.wallClock()
    var facts = peer.facts
    facts.now = wall
    measures = rules.deciding(facts, peer.artifact).compactMap { rule, scope in measure(rule, scope, wall) }
    validUntil = rules.outcome(facts, peer.artifact).validUntil
    known = peer.facts.history
  }

  private func measure(_ rule: GateRule, _ scope: Scope, _ wall: WallTime) -> Measure? {
    switch rule.answer {
    case .allow, .deny, .shadow: return nil
    case .postpone(let wait):
      let ends = [wait.map { peer.began + .nanoseconds($0) }, rule.state(at: wall).until.map { peer.instant(of: $0, wall: wall) }]
      // Never let through: the settings' compiler wants one of them, and a window that is always open has no end.
      return Measure(rule: rule, scope: scope, until: ends.compactMap { $0 }.min() ?? peer.now + .seconds(3600))
    case .limit: return Measure(rule: rule, scope: scope, until: nil, holding: RateHolding(rule, peer.facts))
    }
  }
}

extension RateHolding {
  /// The account of a rule and a principal; nil where the rule limits nothing.
  init?(_ rule: GateRule, _ facts: PeerFacts) {
    guard case .limit(let rate) = rule.answer else { return nil }
    let key = "\(rule.name)/rate/\(facts.principal)"
    self.init(rate: rate, key: key.count <= 400 ? key : "\(rule.name)/rate/\(SHA1Digest.hash(of: Array(key.utf8)))")
  }
}
