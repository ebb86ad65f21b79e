import Metainfo
internal import PluginKit

/// One connection under the rules that are about it.
///
/// A request takes room of each account, or is refused; the room goes back where the block is not sent. When a quota is used up the peer is
/// choked until there is room again: it need not be refused block by block.
final class QuotaPeer: PeerPlugin {
  private let peer: PeerContext
  private let services: PluginServices
  private let book: QuotaBook
  private var room: QuotaRoom
  /// The rule of each of the room's holdings.
  private let rules: [QuotaRule]
  private var isHolding = false

  init(_ peer: PeerContext, rules: [QuotaRule], services: PluginServices) {
    (self.peer, self.services) = (peer, services)
    book = QuotaBook(store: services.store, wallClock: services.wallClock)
    self.rules = rules.flatMap { rule in rule.meters.map { _ in rule } }
    let holdings = rules.flatMap { rule in
      rule.meters.map { QuotaHolding(meter: $0, key: rule.key($0.measure.rawValue, peer.facts, peer.artifact)) }
    }
    let rates = rules.compactMap { rule in
      rule.rate.map { RateHolding(rate: $0, key: rule.key("rate", peer.facts, peer.artifact)) }
    }
    room = QuotaRoom(holdings: holdings, rates: rates)
  }

  func onRequest(_ block: Block) throws -> RequestAnswer {
    switch room.take(block, book) {
    case nil: return .pass
    case .wait(let duration):
      services.counters.count("quota_postponed_requests")
      return .postpone(until: peer.now + duration)
    case .account(let refusal, let index): return answer(refusal, rules[index], room.holdings[index].meter)
    }
  }

  private func answer(_ refusal: QuotaHolding.Refusal, _ rule: QuotaRule, _ meter: QuotaRule.Meter) -> RequestAnswer {
    guard case .account(let answer) = refusal else {
      hold()
      return .reject("\(rule.name): the accounts are full, and what cannot be counted is not given")
    }
    guard case .exhausted(let isNews) = answer.lease else {
      // Others hold what is left: it is used or given back in a moment.
      return .postpone(until: peer.now + .milliseconds(250))
    }
    if isNews { tell(rule, meter, answer.account) }
    services.counters.count("quota_refused_requests")
    hold()
    return .reject("")
  }

  private func hold() {
    guard !isHolding else { return }
    isHolding = true
    peer.choke()
  }

  /// Once for each account and window.
  private func tell(_ rule: QuotaRule, _ meter: QuotaRule.Meter, _ account: QuotaAccount) {
    services.journal.record(
      JournalRecord(
        at: services.wallClock(), principal: peer.facts.principal, address: peer.facts.address, infoHash: peer.facts.infoHash,
        artifact: peer.artifact.name, operation: Operation.request.rawValue, verdict: "deny", plugin: QuotaPlugin.name, rule: rule.name,
        reason: QuotaPlugin.usedUp(rule, meter, account, peer.facts, peer.artifact), place: rule.place,
        generation: peer.grant.generation, facts: RecordedFacts(peer.facts, .request)))
  }

  // MARK: What becomes of requests

  func sent(_ message: SentMessage) {
    switch message {
    case .piece(let block): room.sent(block)
    case .reject(let block): room.drop(block)
    // The engine drops what waits.
    case .choke: room.dropAll()
    default: break
    }
  }

  func sentPayload(_ bytes: Int) { room.settle(book) }

  func tick(_ now: ContinuousClock.Instant) throws {
    room.settle(book)
    room.giveBackIdle(book)
    guard isHolding else { return }
    let wall = services.wallClock()
    let isFree = room.holdings.allSatisfy { !book.account($0.key, $0.meter, at: wall).isUsedUp(limit: $0.meter.limit) }
    guard isFree else { return }
    isHolding = false
    peer.unchoke()
  }

  func onDisconnect(_ reason: DisconnectReason) {
    room.settle(book)
    room.giveBackAll(book)
  }
}
