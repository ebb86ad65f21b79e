import TestSupport

/// Bytes that no peer may send.
struct Violation: Sendable {
  let name: String
  /// Sent after a proper handshake, or in place of it.
  let afterHandshake: Bool
  let bytes: @Sendable (GranaryArtifact) -> [UInt8]

  static let all = handshakes + lengths + requests + others

  private static let handshakes = [
    Violation("a request of another protocol") { _ in Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8) + zeroes(64) },
    Violation("a protocol name of another length") { _ in [18] + Array("BitTorrent protocol".utf8) + zeroes(49) },
    Violation("a wrong protocol name") { _ in [19] + Array("BitTorrent protocoL".utf8) + zeroes(48) },
    Violation("an info-hash that is none of ours") { _ in PeerBytes.handshake(infoHash: zeroes(20)) },
  ]

  private static let lengths = [
    after("a message of four gigabytes") { _ in [0xFF, 0xFF, 0xFF, 0xFF, 6] },
    after("a message of seventeen megabytes") { _ in [0x01, 0x10, 0, 0, PeerBytes.ID.extended] },
    after("an unchoke with a payload") { _ in PeerBytes.message(id: PeerBytes.ID.unchoke, [1]) },
    after("a have of three bytes") { _ in PeerBytes.message(id: PeerBytes.ID.have, [0, 0, 1]) },
    after("a request of eleven bytes") { _ in PeerBytes.message(id: PeerBytes.ID.request, zeroes(11)) },
    after("a bitfield that is too short") { _ in PeerBytes.message(id: PeerBytes.ID.bitfield, []) },
    after("a bitfield that is too long") { _ in PeerBytes.message(id: PeerBytes.ID.bitfield, zeroes(4096)) },
    after("a bitfield with bits beyond the last piece") { artifact in
      PeerBytes.message(id: PeerBytes.ID.bitfield, [UInt8](repeating: 0xFF, count: (artifact.pieceCount + 7) / 8 + 1))
    },
  ]

  private static let requests = [
    after("a request for a piece that there is not") { artifact in request(artifact.pieceCount, 0, 16_384) },
    after("a request for the piece 2^32-1") { _ in request(0xFFFF_FFFF, 0, 16_384) },
    after("a request beyond the end of a piece") { artifact in request(0, artifact.pieceLength - 1, 16_384) },
    after("a request whose offset and length overflow") { _ in request(0, 0xFFFF_FFFF, 0xFFFF_FFFF) },
    after("a request for nothing") { _ in request(0, 0, 0) },
    after("a request for a megabyte") { _ in request(0, 0, 1 << 20) },
  ]

  private static let others = [
    after("a have of a piece that there is not") { artifact in
      PeerBytes.message(id: PeerBytes.ID.have, PeerBytes.number(UInt32(artifact.pieceCount)))
    },
    after("a block that nobody asked for") { _ in PeerBytes.message(id: PeerBytes.ID.piece, zeroes(8 + 16_384)) },
    after("a message that nobody knows") { _ in PeerBytes.message(id: 77, [1, 2, 3]) },
    after("an extended handshake that is no dictionary") { _ in extended("i1e") },
    after("an extended handshake that is cut off") { _ in extended("d1:md11:ut_metadatai1e") },
    after("an extended handshake nested without end") { _ in extended(String(repeating: "l", count: 60_000)) },
    after("an extended handshake with a string longer than itself") { _ in extended("d1:v99999999999999999999:xe") },
    after("a hash request of the wrong size") { _ in PeerBytes.message(id: PeerBytes.ID.hashRequest, zeroes(5)) },
  ]

  private init(_ name: String, afterHandshake: Bool = false, _ bytes: @escaping @Sendable (GranaryArtifact) -> [UInt8]) {
    (self.name, self.afterHandshake, self.bytes) = (name, afterHandshake, bytes)
  }

  private static func after(_ name: String, _ bytes: @escaping @Sendable (GranaryArtifact) -> [UInt8]) -> Violation {
    Violation(name, afterHandshake: true, bytes)
  }

  private static func request(_ piece: Int, _ offset: Int, _ length: Int) -> [UInt8] {
    PeerBytes.message(id: PeerBytes.ID.request, PeerBytes.block(piece, offset, length))
  }

  private static func extended(_ text: String) -> [UInt8] {
    PeerBytes.message(id: PeerBytes.ID.extended, [0] + Array(text.utf8))
  }

  private static func zeroes(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
}
