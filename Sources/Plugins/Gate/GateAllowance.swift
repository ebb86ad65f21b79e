import Metainfo
internal import PluginKit

/// What one connection may still be given under rules with `bytes-below`. Room is leased from the principal's account of the artifact before
/// requests are let through, as quotas lease it: over all connections no more goes out under a rule than it says. Whatever goes out is counted.
///
/// When the room is used up the guards are asked about the connection again: then the rule does not hold any more.
final class GateAllowance {
  private let rules: GateRules
  private let peer: PeerContext
  private let history: GateHistory
  private let services: PluginServices
  private var holding: QuotaHolding
  private var pending = PendingBlocks()
  private var bounds: [(rule: GateRule, limit: Int64, scope: Scope)] = []
  /// What the rules were looked at with.
  private var known: PeerHistory?
  private var validUntil: WallTime?
  private let principal: String

  /// How long what may not go out now waits, for the guards or for others that hold the room.
  private static let pause = Duration.milliseconds(250)

  init(_ rules: GateRules, _ peer: PeerContext, _ history: GateHistory, _ services: PluginServices) {
    (self.rules, self.peer, self.history, self.services) = (rules, peer, history, services)
    principal = peer.facts.principal
    holding = QuotaHolding(meter: GateHistory.meter(), key: GateHistory.key(principal, peer.artifact))
    history.begin(principal)
    compile()
  }

  /// The answer to a request that the grant lets through.
  func answer(_ block: Block) -> RequestAnswer {
    guard history.countsBytes else { return .pass }
    if peer.facts.history != known { compile() }
    guard let bound = bound(of: block) else { return .pass }
    holding.meter = GateHistory.meter(limit: bound.limit)
    guard let refusal = holding.promise(Int64(block.length), history.book) else {
      pending.append(block)
      return .pass
    }
    guard case .account(let answer) = refusal else {
      return .reject("gate.\(bound.rule.name): the accounts are full, and what cannot be counted is not given")
    }
    if case .exhausted = answer.lease {
      services.counters.count("gate_used_up")
      peer.judgeAgain()
    }
    return .postpone(until: peer.now + Self.pause)
  }

  /// The narrowest bound that is about the block. Asked for each request.
  private func bound(of block: Block) -> (rule: GateRule, limit: Int64, scope: Scope)? {
    let layout = peer.artifact.layout
    return bounds.first { $0.scope.touches(block, in: layout) }
  }

  func sent(_ message: SentMessage) {
    guard history.countsBytes else { return }
    switch message {
    case .piece(let block): holding.spend(Int64(block.length), wasPromised: pending.remove(block))
    case .reject(let block): if pending.remove(block) { holding.takeBack(Int64(block.length)) }
    case .choke:
      // The engine drops what waits.
      for block in pending.removeAll() { holding.takeBack(Int64(block.length)) }
    default: break
    }
  }

  func settle() { holding.settle(history.book) }

  func tick() {
    settle()
    if pending.isEmpty { holding.giveBack(history.book) }
    if let validUntil, services.wallClock() >= validUntil { compile() }
  }

  func end() {
    settle()
    holding.giveBack(history.book, everything: true)
    history.end(principal)
  }

  private func compile() {
    var facts = peer.facts
    facts.now = services.wallClock()
    bounds = rules.deciding(facts, peer.artifact).compactMap { rule, scope in
      guard rule.answer.gives, let limit = rule.conditions.bytesBelow else { return nil }
      return (rule: rule, limit: limit, scope: scope)
    }
    bounds.sort { $0.limit < $1.limit }
    validUntil = rules.outcome(facts, peer.artifact).validUntil
    known = peer.facts.history
  }
}
