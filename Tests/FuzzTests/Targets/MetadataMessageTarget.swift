import NIOCore
import PeerProtocol

/// Messages of ut_metadata (BEP 9).
struct MetadataMessageTarget: FuzzTarget {
  static let name = "ut-metadata"
  static let maximumLength = MetadataMessage.maximumByteCount + 1

  func run(_ input: [UInt8]) throws {
    guard let message = try? MetadataMessage.decode(ByteBuffer(bytes: input)) else { return }
    var encoded = ByteBuffer()
    message.encode(into: &encoded)
    try promise(MetadataMessage.decode(encoded) == message, "what we encode is another message")
    guard case .data(let piece, let totalSize, let bytes) = message else { return }
    let begin = piece * MetadataMessage.pieceLength
    try promise(begin + bytes.readableBytes <= totalSize && bytes.readableBytes > 0, "a piece that lies outside of the metadata")
  }

  func seeds() throws -> [[UInt8]] {
    let messages: [MetadataMessage] = [
      .request(piece: 0), .request(piece: 77), .reject(piece: 3), .data(piece: 0, totalSize: 5, ByteBuffer(string: "hello")),
      .data(piece: 1, totalSize: 16_390, ByteBuffer(string: "abcdef")),
      .data(piece: 0, totalSize: 20_000, ByteBuffer(repeating: 1, count: MetadataMessage.pieceLength)),
    ]
    return messages.map { message in
      var buffer = ByteBuffer()
      message.encode(into: &buffer)
      return Array(buffer.readableBytesView)
    } + [Array("d8:msg_typei9e5:piecei0ee".utf8)]
  }
}
