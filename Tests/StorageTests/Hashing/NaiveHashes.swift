import Metainfo

/// Hashes computed in memory, straight from BEP 3 and BEP 52, with none of the code under test.
enum NaiveHashes {
  /// SHA-1 of each piece of a stream.
  static func pieces(_ stream: [UInt8], pieceLength: Int) -> [UInt8] {
    stride(from: 0, to: stream.count, by: pieceLength).flatMap {
      SHA1Digest.hash(of: stream[$0..<min($0 + pieceLength, stream.count)]).bytes
    }
  }

  /// The file's piece layer, or its root where it fits in one piece.
  static func pieceLayer(_ content: [UInt8], pieceLength: Int) -> [UInt8] {
    let leaves = stride(from: 0, to: content.count, by: Block.standardLength).map {
      SHA256Digest.hash(of: content[$0..<min($0 + Block.standardLength, content.count)])
    }
    if content.count <= pieceLength { return root(leaves, width: powerOfTwo(leaves.count)).bytes }
    let width = pieceLength / Block.standardLength
    return stride(from: 0, to: leaves.count, by: width).flatMap {
      root(Array(leaves[$0..<min($0 + width, leaves.count)]), width: width).bytes
    }
  }

  /// The root of a file's whole tree.
  static func fileRoot(_ content: [UInt8]) -> SHA256Digest {
    let leaves = stride(from: 0, to: content.count, by: Block.standardLength).map {
      SHA256Digest.hash(of: content[$0..<min($0 + Block.standardLength, content.count)])
    }
    return root(leaves, width: powerOfTwo(leaves.count))
  }

  private static func root(_ leaves: [SHA256Digest], width: Int) -> SHA256Digest {
    if width == 1 { return leaves.first ?? .zero }
    let left = root(Array(leaves.prefix(width / 2)), width: width / 2)
    let right = root(Array(leaves.dropFirst(width / 2)), width: width / 2)
    return SHA256Digest.hash(of: left.bytes + right.bytes)
  }

  private static func powerOfTwo(_ count: Int) -> Int {
    var power = 1
    while power < count { power *= 2 }
    return power
  }
}
