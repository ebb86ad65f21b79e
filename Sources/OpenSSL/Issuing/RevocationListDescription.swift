/// What a revocation list is to say.
package struct RevocationListDescription: Sendable, Hashable {
  /// Why a certificate is revoked, with the numbers of RFC 5280.
  package enum Reason: Int, Sendable, CaseIterable {
    case keyCompromise = 1
    case affiliationChanged = 3
    case superseded = 4
    case cessationOfOperation = 5
    case privilegeWithdrawn = 9
  }

  /// A certificate that is no longer good.
  package struct Entry: Sendable, Hashable {
    /// Its serial in hex, as `Certificate` writes it.
    package let serial: String
    /// Since when, in Unix seconds.
    package let date: Int64
    /// nil: not said.
    package let reason: Reason?

    package init(serial: String, date: Int64, reason: Reason? = nil) {
      (self.serial, self.date, self.reason) = (serial, date, reason)
    }
  }

  /// Higher than that of every earlier list of the same authority.
  package var number: UInt64
  /// When it was made, in Unix seconds.
  package var thisUpdate: Int64
  /// When it ceases to be good, in Unix seconds.
  package var nextUpdate: Int64
  package var entries: [Entry]

  package init(number: UInt64, thisUpdate: Int64, nextUpdate: Int64, entries: [Entry] = []) {
    (self.number, self.thisUpdate, self.nextUpdate, self.entries) = (number, thisUpdate, nextUpdate, entries)
  }
}
