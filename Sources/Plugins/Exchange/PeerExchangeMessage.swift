import Metainfo
import NIOCore
internal import PluginKit

/// `ut_pex` (BEP 11): which peers have come and which have gone since the last message.
struct PeerExchangeMessage: Sendable, Hashable {
  static let name = "ut_pex"
  /// Peers that one message names as come, and as gone: BEP 11's number.
  static let most = 50

  /// A peer that has come.
  struct Entry: Sendable, Hashable {
    var address: PeerAddress
    /// It wants nothing more.
    var isSeed = false
  }

  var added: [Entry] = []
  var dropped: [PeerAddress] = []

  var isEmpty: Bool { added.isEmpty && dropped.isEmpty }

  private static let seedFlag: UInt8 = 0x02

  /// The message: compact addresses, v4 and v6 apart, with a byte of flags for each that has come.
  var payload: ByteBuffer {
    var entries: [[UInt8]: Bencode] = [:]
    for (suffix, isV6) in [("", false), ("6", true)] {
      let added = added.filter { ($0.address.ip.bytes.count == 16) == isV6 }
      let dropped = dropped.filter { ($0.ip.bytes.count == 16) == isV6 }
      entries[Array("added\(suffix)".utf8)] = .bytes(added.flatMap { Self.compact($0.address) })
      entries[Array("added\(suffix).f".utf8)] = .bytes(added.map { $0.isSeed ? Self.seedFlag : 0 })
      entries[Array("dropped\(suffix)".utf8)] = .bytes(dropped.flatMap(Self.compact))
    }
    return ByteBuffer(bytes: Bencode.dictionary(entries).encoded())
  }

  private static func compact(_ address: PeerAddress) -> [UInt8] {
    address.ip.bytes + [UInt8(truncatingIfNeeded: address.port >> 8), UInt8(truncatingIfNeeded: address.port)]
  }
}
