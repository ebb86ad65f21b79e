import Metainfo
import NIOCore
import Tracker

/// An info-hash of which every byte is this one.
func infoHash(_ byte: UInt8) -> SHA1Digest { SHA1Digest([UInt8](repeating: byte, count: 20)) ?? .zero }

/// An address literal; a wrong one gives a Unix socket that equals nothing.
func address(_ text: String, _ port: Int) throws -> SocketAddress { try SocketAddress(ipAddress: text, port: port) }

/// An announce with plain values.
func announce(
  _ infoHash: SHA1Digest = infoHash(0xAB), peer: UInt8 = 0x41, port: UInt16 = 6881, left: Int64 = 0, event: AnnounceEvent = .none,
  trackerID: [UInt8]? = nil
) -> AnnounceRequest {
  AnnounceRequest(
    infoHash: infoHash, peerID: [UInt8](repeating: peer, count: 20), port: port,
    statistics: AnnounceStatistics(uploaded: 1, downloaded: 2, left: left), event: event, wanted: 50, key: 0xA0B0_C0D0, trackerID: trackerID
  )
}

/// A generator whose numbers are the same in every run (SplitMix64).
struct RepeatableGenerator: RandomNumberGenerator, Sendable {
  var state: UInt64 = 1

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
