import Metainfo
import NIOCore

/// A message of `ut_metadata` (BEP 9), by which peers hand out a torrent's info dictionary in pieces of 16 KiB.
public enum MetadataMessage: Hashable, Sendable {
  /// The sender wants this piece of the metadata.
  case request(piece: Int)
  /// A piece, and the length of the whole metadata in bytes.
  case data(piece: Int, totalSize: Int, ByteBuffer)
  /// The sender does not give this piece.
  case reject(piece: Int)

  /// The name in the extended handshake.
  public static let name = "ut_metadata"
  /// The length of every piece but the last.
  public static let pieceLength = 16_384
  /// Bytes of the longest message: a piece, and room for the dictionary before it.
  public static let maximumByteCount = pieceLength + 1_024

  /// The payload of the extended message.
  public func encode(into buffer: inout ByteBuffer) {
    switch self {
    case .request(let piece): buffer.writeBytes(Self.dictionary(0, piece).encoded())
    case .reject(let piece): buffer.writeBytes(Self.dictionary(2, piece).encoded())
    case .data(let piece, let totalSize, let bytes):
      buffer.writeBytes(Self.dictionary(1, piece, totalSize: totalSize).encoded())
      buffer.writeImmutableBuffer(bytes)
    }
  }

  private static func dictionary(_ type: Int64, _ piece: Int, totalSize: Int? = nil) -> Bencode {
    var entries: [[UInt8]: Bencode] = [typeKey: .integer(type), pieceKey: .integer(Int64(piece))]
    entries[totalSizeKey] = totalSize.map { .integer(Int64($0)) }
    return .dictionary(entries)
  }

  /// The message in a payload; nil for a type that BEP 9 does not know, which is to be ignored. A `data` slice shares the payload's memory.
  /// - Throws: `.tooLong`; `.malformed` for bad bencode or a missing key; `.outOfRange` for a piece below 0 or beyond 2^31.
  public static func decode(_ payload: ByteBuffer) throws(ProtocolViolation) -> MetadataMessage? {
    guard payload.readableBytes <= maximumByteCount else {
      throw violation(.tooLong, "\(payload.readableBytes) bytes, at most \(maximumByteCount) are taken")
    }
    let (dictionary, end) = try decodeDictionary(payload)
    guard let type = dictionary[typeKey]?.integer else { throw violation(.malformed, "there is no type", field: "msg_type") }
    guard (0...2).contains(type) else { return nil }
    guard let number = dictionary[pieceKey]?.integer else { throw violation(.malformed, "there is no piece", field: "piece") }
    guard let piece = Int32(exactly: number).map(Int.init), piece >= 0 else {
      throw violation(.outOfRange, "there is no such piece", field: "piece")
    }
    switch type {
    case 0: return .request(piece: piece)
    case 1: return try data(piece, dictionary, payload, end)
    default: return .reject(piece: piece)
    }
  }

  private static func data(
    _ piece: Int, _ dictionary: [[UInt8]: Bencode], _ payload: ByteBuffer, _ end: Int
  ) throws(ProtocolViolation) -> MetadataMessage {
    guard let size = dictionary[totalSizeKey]?.integer, let totalSize = Int32(exactly: size).map(Int.init), totalSize > 0 else {
      throw violation(.malformed, "there is no size that could be", field: "total_size")
    }
    // Both numbers are below 2^31: no product here overflows.
    guard piece * pieceLength < totalSize else {
      throw violation(.outOfRange, "the piece begins beyond the metadata's end", field: "piece")
    }
    let expected = min(pieceLength, totalSize - piece * pieceLength)
    guard payload.readableBytes - end == expected,
      let bytes = payload.getSlice(at: payload.readerIndex + end, length: expected)
    else {
      throw violation(.wrongLength, "\(payload.readableBytes - end) bytes of metadata, there must be \(expected)", field: "data")
    }
    return .data(piece: piece, totalSize: totalSize, bytes)
  }

  private static func decodeDictionary(_ payload: ByteBuffer) throws(ProtocolViolation) -> ([[UInt8]: Bencode], end: Int) {
    do throws(BencodeError) {
      let limits = BencodeLimits(size: maximumByteCount, depth: 4, tokens: 64)
      let (value, end) = try Bencode.decodePrefix(Array(payload.readableBytesView), limits: limits, options: .allowsUnsortedKeys)
      if let dictionary = value.dictionary { return (dictionary, end) }
    } catch {
      throw violation(error.isOverLimit ? .tooLong : .malformed, "the bencode is not acceptable: \(error)")
    }
    throw violation(.malformed, "this is not a dictionary")
  }

  private static let typeKey = Array("msg_type".utf8)
  private static let pieceKey = Array("piece".utf8)
  private static let totalSizeKey = Array("total_size".utf8)

  private static func violation(_ code: ProtocolViolation.Code, _ message: String, field: String? = nil) -> ProtocolViolation {
    ProtocolViolation(code, message, at: .init(message: name, field: field))
  }
}
