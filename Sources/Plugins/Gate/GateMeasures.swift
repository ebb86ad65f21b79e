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
  }

  private let rules: GateRules
  private let peer: PeerContext
  private let book: QuotaBook
  private let services: PluginServices
  /// When the peer was authorized.
  private let began: ContinuousClock.Instant
  private var measures: [Measure] = []
  /// When another set of rules may apply.
  private var validUntil: WallTime?

  init(_ rules: GateRules, _ peer: PeerContext, _ book: QuotaBook, _ services: PluginServices) {
    (self.rules, self.peer, self.book, self.services, began) = (rules, peer, book, services, peer.now)
    compile()
  }

  /// The answer to a request that the grant lets through.
  func answer(_ block: Block) -> RequestAnswer {
    let layout = peer.artifact.layout
    for index in measures.indices where measures[index].scope.touches(block, in: layout) {
      if let until = measures[index].until {
        guard until > peer.now else { continue }
        services.counters.count("gate_postponed_requests")
        return .postpone(until: until)
      }
      guard let wait = measures[index].holding?.take(Int64(block.length), book) else { continue }
      for earlier in measures.indices where earlier < index && measures[earlier].scope.touches(block, in: layout) {
        measures[earlier].holding?.giveBack(Int64(block.length))
      }
      services.counters.count("gate_limited_requests")
      return .postpone(until: peer.now + wait)
    }
    return .pass
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
  }

  private func measure(_ rule: GateRule, _ scope: Scope, _ wall: WallTime) -> Measure? {
    switch rule.answer {
    case .allow, .deny, .shadow: return nil
    case .postpone(let wait):
      let ends = [wait.map { began + .nanoseconds($0) }, rule.state(at: wall).until.map { peer.instant(of: $0, wall: wall) }]
      // Never let through: the settings' compiler wants one of them, and a window that is always open has no end.
      return Measure(rule: rule, scope: scope, until: ends.compactMap { $0 }.min() ?? peer.now + .seconds(3600))
    case .limit(let rate):
      let key = "\(rule.name)/rate/\(peer.facts.principal)"
      let short = key.count <= 400 ? key : "\(rule.name)/rate/\(SHA1Digest.hash(of: Array(key.utf8)))"
      return Measure(rule: rule, scope: scope, until: nil, holding: RateHolding(rate: rate, key: short))
    }
  }
}
