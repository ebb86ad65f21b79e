import OpenSSL

/// The tree of hashes over one file of a v2 torrent (BEP 52), from the piece layer up to the file's root.
///
/// Its leaves are SHA-256 digests of the file's 16 KiB blocks, followed by zero digests up to the next power of two. A layer's height
/// counts from the leaves: block hashes are at 0, piece hashes where one hash covers a piece. Nodes that cover nothing of the file
/// are not kept; they are the same in every file (`padding(height:)`).
package struct MerkleTree: Hashable, Sendable {
  /// The root's height: there are two to its power leaves, padding included.
  package let height: Int
  /// The height at which one hash covers a piece; the root's own where the file fits in one.
  package let pieceHeight: Int
  /// From the piece layer up to the root, without padding.
  private let layers: [[SHA256Digest]]

  /// The tree above a piece layer of 32 bytes a piece; for a file that fits in one piece, the layer is its root.
  /// Nil where the layer's length does not fit the file's, or the piece length is not one of BEP 52's.
  package init?(pieceLayer: [UInt8], fileLength: Int64, pieceLength: Int) {
    guard fileLength > 0, let pieceHeight = Self.height(ofPieceLength: pieceLength) else { return nil }
    let pieces = (fileLength - 1) / Int64(pieceLength) + 1
    let blocks = (fileLength - 1) / Int64(Block.standardLength) + 1
    guard Int64(pieceLayer.count) == pieces * 32, let layer = Self.digests(in: pieceLayer) else { return nil }
    height = Self.height(coveringCount: Int(blocks))
    self.pieceHeight = min(pieceHeight, height)
    layers = Self.layers(above: layer, height: self.pieceHeight)
  }

  /// The file's root.
  package var root: SHA256Digest { layers.last?.first ?? .zero }

  /// The hash at this place, padding included; nil below the piece layer or beyond the tree's width.
  package func node(height: Int, index: Int) -> SHA256Digest? {
    guard height >= pieceHeight, height <= self.height, index >= 0, index < 1 << (self.height - height) else { return nil }
    let layer = layers[height - pieceHeight]
    return index < layer.count ? layer[index] : Self.padding(height: height)
  }

  private static func layers(above layer: [SHA256Digest], height: Int) -> [[SHA256Digest]] {
    var hasher = SHA256Hasher()
    var padding = padding(height: height)
    var layers = [layer]
    while let layer = layers.last, layer.count > 1 {
      layers.append(parents(of: layer, padding: padding, using: &hasher))
      padding = hasher.parent(padding, padding)
    }
    return layers
  }
}

extension MerkleTree {
  /// The digest of a subtree of this height of which every leaf is padding.
  package static func padding(height: Int) -> SHA256Digest {
    paddings.indices.contains(height) ? paddings[height] : .zero
  }

  /// The root over these leaves, padded with zero digests to the next power of two; the zero digest where there are none.
  /// For a file that fits in one piece, its root.
  package static func root(leaves: [SHA256Digest]) -> SHA256Digest {
    var hasher = SHA256Hasher()
    return reduce(leaves, from: 0, to: height(coveringCount: leaves.count), using: &hasher)
  }

  /// The hash of one piece of a file that is longer than a piece: the root over the piece's leaves, padded with zero digests to
  /// as many as a whole piece has. Nil where there are more, or the piece length is not one of BEP 52's.
  package static func pieceRoot(leaves: [SHA256Digest], pieceLength: Int) -> SHA256Digest? {
    guard let height = height(ofPieceLength: pieceLength), leaves.count <= 1 << height else { return nil }
    var hasher = SHA256Hasher()
    return reduce(leaves, from: 0, to: height, using: &hasher)
  }

  /// The file's root over its piece layer, 32 bytes a piece, padded with the hash of a piece of padding; nil where the layer is
  /// empty or no whole number of hashes, or the piece length is not one of BEP 52's.
  package static func root(ofPieceLayer layer: [UInt8], pieceLength: Int) -> SHA256Digest? {
    guard let pieceHeight = height(ofPieceLength: pieceLength), let digests = digests(in: layer), !digests.isEmpty else { return nil }
    var hasher = SHA256Hasher()
    return reduce(digests, from: pieceHeight, to: pieceHeight + height(coveringCount: digests.count), using: &hasher)
  }

  /// The height of a tree with room for so many leaves: the logarithm of the next power of two.
  static func height(coveringCount count: Int) -> Int {
    count <= 1 ? 0 : Int.bitWidth - (count - 1).leadingZeroBitCount
  }

  /// The height at which a hash covers a piece; nil where the length is no power of two of at least 16 KiB.
  static func height(ofPieceLength length: Int) -> Int? {
    guard length >= Block.standardLength, length.nonzeroBitCount == 1 else { return nil }
    return (length / Block.standardLength).trailingZeroBitCount
  }

  /// The root of `height` over digests of the height `base`, which must be no more than it has room for.
  static func reduce(
    _ digests: [SHA256Digest], from base: Int, to height: Int, using hasher: inout SHA256Hasher
  ) -> SHA256Digest {
    guard !digests.isEmpty else { return padding(height: height) }
    var layer = digests
    for height in base..<height {
      layer = parents(of: layer, padding: padding(height: height), using: &hasher)
    }
    return layer[0]
  }

  /// The layer above this one, of which the last hash may have padding for its right half.
  static func parents(of layer: [SHA256Digest], padding: SHA256Digest, using hasher: inout SHA256Hasher) -> [SHA256Digest] {
    var parents: [SHA256Digest] = []
    parents.reserveCapacity((layer.count + 1) / 2)
    for index in stride(from: 0, to: layer.count, by: 2) {
      parents.append(hasher.parent(layer[index], index + 1 < layer.count ? layer[index + 1] : padding))
    }
    return parents
  }

  private static func digests(in bytes: [UInt8]) -> [SHA256Digest]? {
    guard bytes.count.isMultiple(of: SHA256Digest.byteCount) else { return nil }
    return stride(from: 0, to: bytes.count, by: SHA256Digest.byteCount).compactMap {
      SHA256Digest(bytes[$0..<$0 + SHA256Digest.byteCount])
    }
  }

  // As high as any tree over 64-bit lengths can be.
  private static let paddings: [SHA256Digest] = {
    var hasher = SHA256Hasher()
    var paddings = [SHA256Digest.zero]
    while paddings.count < Int64.bitWidth {
      let below = paddings[paddings.count - 1]
      paddings.append(hasher.parent(below, below))
    }
    return paddings
  }()
}

extension SHA256Hasher {
  /// The hash above two others.
  fileprivate mutating func parent(_ left: SHA256Digest, _ right: SHA256Digest) -> SHA256Digest {
    update(left)
    update(right)
    return finishDigest()
  }
}
