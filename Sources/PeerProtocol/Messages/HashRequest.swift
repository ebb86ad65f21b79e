import Metainfo
import NIOCore

/// Which hashes of a file's merkle tree are asked for, sent or refused (BEP 52).
public struct HashRequest: Hashable, Sendable {
  /// The length of its fields on the wire.
  static let byteCount = 48

  /// The root of the file's tree: what names the file.
  public let piecesRoot: SHA256Digest
  /// The layer of the hashes, counted from the leaves (0), which are hashes of 16 KiB blocks.
  public let baseLayer: UInt32
  /// The first hash's position in that layer; a multiple of `length`.
  public let index: UInt32
  /// The number of hashes; a power of two, at least 2.
  public let length: UInt32
  /// How many layers above the base layer are to be proven by uncle hashes.
  public let proofLayers: UInt32

  public init(piecesRoot: SHA256Digest, baseLayer: UInt32, index: UInt32, length: UInt32, proofLayers: UInt32) {
    (self.piecesRoot, self.baseLayer, self.index, self.length, self.proofLayers) = (piecesRoot, baseLayer, index, length, proofLayers)
  }

  /// Consumes 48 bytes; nil where there are fewer.
  init?(reading buffer: inout ByteBuffer) {
    guard buffer.readableBytes >= Self.byteCount, let root = buffer.readSlice(length: SHA256Digest.byteCount),
      let piecesRoot = SHA256Digest(root.readableBytesView),
      let fields = buffer.readMultipleIntegers(as: (UInt32, UInt32, UInt32, UInt32).self)
    else { return nil }
    self.init(piecesRoot: piecesRoot, baseLayer: fields.0, index: fields.1, length: fields.2, proofLayers: fields.3)
  }

  func encode(into buffer: inout ByteBuffer) {
    buffer.writeBytes(piecesRoot.bytes)
    buffer.writeMultipleIntegers(baseLayer, index, length, proofLayers)
  }
}
