import Metainfo
import NIOCore
import PeerProtocol
import TestSupport

/// Short ways to say what tests say often.
enum Fixtures {
  /// Ten pieces of 32 KiB, the last one of 1,000 bytes.
  static let layout = PieceLayout(files: [TorrentFile(path: ["a"], length: 9 * 32_768 + 1_000)], pieceLength: 32_768, isFileAligned: false)
  /// Two files, each beginning a piece (v2): pieces 0 (full) and 1 (100 bytes), then 2 (5,000 bytes).
  static let v2Layout = PieceLayout(
    files: [TorrentFile(path: ["a"], length: 32_868), TorrentFile(path: ["b"], length: 5_000)], pieceLength: 32_768, isFileAligned: true)

  static func digest(_ byte: UInt8) -> SHA1Digest { SHA1Digest([UInt8](repeating: byte, count: 20)) ?? .zero }
  static func root(_ byte: UInt8) -> SHA256Digest { SHA256Digest([UInt8](repeating: byte, count: 32)) ?? .zero }

  /// The peer id that is this text, which has 20 bytes.
  static func peerID(_ text: String) -> PeerID {
    var generator = SeededGenerator(seed: 1)
    return PeerID.random(prefix: text, using: &generator)
  }

  static func hashRequest(base: UInt32 = 0, index: UInt32 = 0, length: UInt32 = 2, proof: UInt32 = 0) -> HashRequest {
    HashRequest(piecesRoot: root(7), baseLayer: base, index: index, length: length, proofLayers: proof)
  }

  static func block(_ piece: UInt32, _ offset: UInt32, _ length: UInt32) -> Block { Block(piece: piece, offset: offset, length: length) }

  static func bitfield(_ pieces: Int..., count: Int = 10) -> Bitfield {
    var bitfield = Bitfield(count: count)
    for piece in pieces { bitfield[piece] = true }
    return bitfield
  }

  static func data(_ piece: UInt32, _ offset: UInt32, _ length: Int) -> PieceData {
    PieceData(piece: piece, offset: offset, bytes: ByteBuffer(repeating: 0x5A, count: length))
  }

  static func extended(_ handshake: ExtendedHandshake) -> PeerMessage { .extended(id: 0, ByteBuffer(bytes: handshake.encoded())) }

  static func handshake(_ messages: [String: UInt8]) -> ExtendedHandshake {
    var handshake = ExtendedHandshake()
    handshake.messages = messages
    return handshake
  }

  static func encode(_ messages: PeerMessage...) -> [UInt8] {
    var buffer = ByteBuffer()
    for message in messages { PeerMessageEncoder.encode(message, into: &buffer) }
    return Array(buffer.readableBytesView)
  }

  /// The length prefix, then these bytes.
  static func frame(length: UInt32, _ bytes: [UInt8]) -> [UInt8] { withUnsafeBytes(of: length.bigEndian, Array.init) + bytes }

  /// One message of each kind.
  static let everyMessage: [PeerMessage] = [
    .keepAlive, .choke, .unchoke, .interested, .notInterested, .have(5), .bitfield(ByteBuffer(bytes: [0xFF, 0xC0])),
    .request(block(1, 16_384, 16_384)), .piece(data(3, 32_768, 100)), .cancel(block(1, 0, 16_384)), .port(6881), .suggest(.max), .haveAll,
    .haveNone, .reject(block(9, 0, 1)), .allowedFast(0), .extended(id: 3, ByteBuffer(string: "payload")), .extended(id: 255, ByteBuffer()),
    .hashRequest(hashRequest(base: 1, index: 4, length: 4, proof: 3)), .hashes(hashRequest(), ByteBuffer(repeating: 1, count: 64)),
    .hashReject(hashRequest(index: .max)), .unknown(id: 77, ByteBuffer(string: "who knows")), .unknown(id: 255, ByteBuffer()),
  ]
}
