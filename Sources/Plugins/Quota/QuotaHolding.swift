import Metainfo
internal import PluginKit

/// What one connection holds of one account: room that it has leased, and what it has sent since it last settled. No lock is taken for a block.
struct QuotaHolding {
  /// Its limit may be another for each promise.
  var meter: QuotaRule.Meter
  let key: String
  /// Leased and not promised to a request.
  private(set) var free: Int64 = 0
  /// Leased for requests that wait.
  private var promised: Int64 = 0
  private var sent: Int64 = 0
  /// The part of what was sent that was leased.
  private var sentOfLease: Int64 = 0

  init(meter: QuotaRule.Meter, key: String) {
    (self.meter, self.key) = (meter, key)
  }

  /// Promises room to a block; nil where that was done, else the account's answer.
  mutating func promise(_ length: Int64, _ book: QuotaBook) -> Refusal? {
    let units = meter.units(length)
    if free < units {
      guard let answer = book.lease(key, meter, least: units - free) else { return .unkept }
      guard case .leased(let room) = answer.lease else { return .account(answer) }
      free += room
    }
    free -= units
    promised += units
    return nil
  }

  enum Refusal {
    case account(QuotaBook.Answer)
    /// The store takes no further account.
    case unkept
  }

  /// The block is not sent after all.
  mutating func takeBack(_ length: Int64) {
    let units = min(meter.units(length), promised)
    promised -= units
    free += units
  }

  /// The block was handed to the link.
  mutating func spend(_ length: Int64, wasPromised: Bool) {
    let units = meter.units(length)
    let covered = min(units, wasPromised ? promised : free)
    if wasPromised { promised -= covered } else { free -= covered }
    sent += units
    sentOfLease += covered
  }

  /// Tells the account what was sent.
  mutating func settle(_ book: QuotaBook) {
    guard sent > 0 else { return }
    book.settle(key, meter, sent: sent, leased: sentOfLease)
    (sent, sentOfLease) = (0, 0)
  }

  /// Gives back what no request needs; at the end of the connection, everything.
  mutating func giveBack(_ book: QuotaBook, everything: Bool = false) {
    let units = everything ? free + promised : free
    guard units > 0 else { return }
    book.giveBack(key, meter, units)
    free = 0
    if everything { promised = 0 }
  }
}
