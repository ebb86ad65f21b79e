import Metainfo
import PluginKit

/// Connection ids that need not be remembered: a keyed digest of the address and of the minute. Who has one has received what was sent to its
/// address; it is good for two minutes at least (BEP 15).
package struct ConnectionIDs: Sendable {
  private let secret: [UInt8]
  private static let slot: Int64 = 60
  private static let slots: Int64 = 3

  /// The secret is of this run alone.
  package init(secret: [UInt8] = (0..<32).map { _ in .random(in: 0...255) }) {
    self.secret = secret
  }

  /// The id of an address, by a clock in seconds.
  package func id(of address: Endpoint, now: Int64) -> UInt64 { id(address, now / Self.slot) }

  package func isValid(_ id: UInt64, of address: Endpoint, now: Int64) -> Bool {
    let slot = now / Self.slot
    return (0..<Self.slots).contains { self.id(address, slot - $0) == id }
  }

  /// All that is digested is of a fixed length for each family, and the family is in it.
  private func id(_ address: Endpoint, _ slot: Int64) -> UInt64 {
    let ip = address.ip.bytes
    let digest = SHA256Digest.hash(of: secret + [UInt8(ip.count)] + ip + address.port.bigEndianBytes + slot.bigEndianBytes)
    return digest.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// How many datagrams of an address are looked at in a second. It remembers no address: those that fall together share what there is.
package struct RateSieve: Sendable {
  private var counts = [UInt16](repeating: 0, count: 4096)
  private var second = Int64.min
  private let limit: UInt16

  package init(perSecond limit: UInt16) {
    self.limit = limit
  }

  package mutating func passes(_ ip: IPAddress, now: Int64) -> Bool {
    if now != second {
      for place in counts.indices { counts[place] = 0 }
      second = now
    }
    // The hash is of this run alone: nobody can know with whom it falls together.
    let place = Int(UInt(bitPattern: ip.hashValue) % UInt(counts.count))
    guard counts[place] < limit else { return false }
    counts[place] += 1
    return true
  }
}
