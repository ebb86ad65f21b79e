import Metainfo
internal import PluginKit

/// What one connection holds of all accounts that are about it: a value, so that a block costs its owner one access.
struct QuotaRoom {
  /// Why a request is not let through.
  enum Obstacle {
    /// A rate says to wait for so long.
    case wait(Duration)
    /// An account has nothing left, or is not kept; by the holding's index.
    case account(QuotaHolding.Refusal, Int)
  }

  private(set) var holdings: [QuotaHolding]
  private var rates: [RateHolding]
  private var pending = PendingBlocks()

  init(holdings: [QuotaHolding], rates: [RateHolding]) {
    (self.holdings, self.rates) = (holdings, rates)
  }

  /// Takes room for a block of every account, or of none; nil where it was taken.
  mutating func take(_ block: Block, _ book: QuotaBook) -> Obstacle? {
    let length = Int64(block.length)
    for index in rates.indices {
      guard let wait = rates[index].take(length, book) else { continue }
      giveBackRates(length, before: index)
      return .wait(wait)
    }
    for index in holdings.indices {
      guard let refusal = holdings[index].promise(length, book) else { continue }
      for earlier in 0..<index { holdings[earlier].takeBack(length) }
      giveBackRates(length, before: rates.endIndex)
      return .account(refusal, index)
    }
    pending.append(block)
    return nil
  }

  private mutating func giveBackRates(_ length: Int64, before end: Int) {
    for index in 0..<end { rates[index].giveBack(length) }
  }

  /// The block was handed to the link.
  mutating func sent(_ block: Block) {
    let wasPending = pending.remove(block)
    for index in holdings.indices { holdings[index].spend(Int64(block.length), wasPromised: wasPending) }
  }

  /// The block will not be sent.
  mutating func drop(_ block: Block) {
    if pending.remove(block) { takeBack(block) }
  }

  /// Nothing of what waits will be sent.
  mutating func dropAll() {
    for block in pending.removeAll() { takeBack(block) }
  }

  private mutating func takeBack(_ block: Block) {
    let length = Int64(block.length)
    for index in holdings.indices { holdings[index].takeBack(length) }
    giveBackRates(length, before: rates.endIndex)
  }

  /// Tells the accounts what was sent.
  mutating func settle(_ book: QuotaBook) {
    for index in holdings.indices { holdings[index].settle(book) }
  }

  /// Gives back what no request needs, where none waits.
  mutating func giveBackIdle(_ book: QuotaBook) {
    guard pending.isEmpty else { return }
    for index in holdings.indices { holdings[index].giveBack(book) }
  }

  /// Gives everything back: the connection is over.
  mutating func giveBackAll(_ book: QuotaBook) {
    for index in holdings.indices { holdings[index].giveBack(book, everything: true) }
  }
}
