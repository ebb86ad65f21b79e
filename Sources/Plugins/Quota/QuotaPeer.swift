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
  private var holdings: [QuotaHolding]
  /// The rule of each of them.
  private let rules: [QuotaRule]
  private var rates: [RateHolding]
  private var pending = PendingBlocks()
  private var isHolding = false

  init(_ peer: PeerContext, rules: [QuotaRule], services: PluginServices) {
    (self.peer, self.services) = (peer, services)
    book = QuotaBook(store: services.store, wallClock: services.wallClock)
    self.rules = rules.flatMap { rule in rule.meters.map { _ in rule } }
    holdings = rules.flatMap { rule in
      rule.meters.map { QuotaHolding(meter: $0, key: rule.key($0.measure.rawValue, peer.facts, peer.artifact)) }
    }
    rates = rules.compactMap { rule in
      rule.rate.map { RateHolding(rate: $0, key: rule.key("rate", peer.facts, peer.artifact)) }
    }
  }

  func onRequest(_ block: Block) throws -> RequestAnswer {
    let length = Int64(block.length)
    for index in rates.indices {
      guard let wait = rates[index].take(length, book) else { continue }
      for earlier in 0..<index { rates[earlier].giveBack(length) }
      services.counters.count("quota_postponed_requests")
      return .postpone(until: peer.now + wait)
    }
    for index in holdings.indices {
      guard let refusal = holdings[index].promise(length, book) else { continue }
      for earlier in 0..<index { holdings[earlier].takeBack(length) }
      for earlier in rates.indices { rates[earlier].giveBack(length) }
      return answer(refusal, rules[index], holdings[index].meter)
    }
    pending.append(block)
    return .pass
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
    case .piece(let block):
      let wasPending = pending.remove(block)
      for index in holdings.indices { holdings[index].spend(Int64(block.length), wasPromised: wasPending) }
    case .reject(let block): drop(block)
    case .choke:
      // The engine drops what waits.
      for block in pending.removeAll() { takeBack(block) }
    default: break
    }
  }

  func sentPayload(_ bytes: Int) { settle() }

  private func drop(_ block: Block) {
    if pending.remove(block) { takeBack(block) }
  }

  private func takeBack(_ block: Block) {
    let length = Int64(block.length)
    for index in holdings.indices { holdings[index].takeBack(length) }
    for index in rates.indices { rates[index].giveBack(length) }
  }

  private func settle() {
    for index in holdings.indices { holdings[index].settle(book) }
  }

  func tick(_ now: ContinuousClock.Instant) throws {
    settle()
    if pending.isEmpty { for index in holdings.indices { holdings[index].giveBack(book) } }
    guard isHolding else { return }
    let wall = services.wallClock()
    let isFree = holdings.allSatisfy { !book.account($0.key, $0.meter, at: wall).isUsedUp(limit: $0.meter.limit) }
    guard isFree else { return }
    isHolding = false
    peer.unchoke()
  }

  func onDisconnect(_ reason: DisconnectReason) {
    settle()
    for index in holdings.indices { holdings[index].giveBack(book, everything: true) }
  }
}
