import Metainfo
import TestSupport
import Testing

@Suite struct MerkleTreeTests {
  private static func leaves(_ count: Int) -> [SHA256Digest] {
    (0..<count).map { SHA256Digest.hash(of: [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)]) }
  }

  // The definition, word for word: zero leaves up to a power of two, pairs hashed until one is left.
  private static func plainRoot(_ leaves: [SHA256Digest], padded: Int) -> SHA256Digest {
    var layer = leaves + [SHA256Digest](repeating: .zero, count: padded - leaves.count)
    while layer.count > 1 {
      layer = stride(from: 0, to: layer.count, by: 2).map { .hash(of: layer[$0].bytes + layer[$0 + 1].bytes) }
    }
    return layer[0]
  }

  @Test func paddingHashesAreTheKnownOnes() {
    #expect(MerkleTree.padding(height: 0) == .zero)
    #expect(MerkleTree.padding(height: 1).description == "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b")
    #expect(MerkleTree.padding(height: 2).description == "db56114e00fdd4c1f85c892bf35ac9a89289aaecb1ebd0a96cde606a748b5d71")
  }

  @Test func aRootIsTheSHA256OfItsLeaves() throws {
    let leaves = Self.leaves(2)
    #expect(MerkleTree.root(leaves: [leaves[0]]) == leaves[0])
    #expect(MerkleTree.root(leaves: leaves) == .hash(of: leaves[0].bytes + leaves[1].bytes))
    #expect(MerkleTree.root(leaves: []) == .zero)
  }

  @Test(arguments: [1, 2, 3, 4, 5, 7, 8, 9, 31, 33, 100, 257])
  func rootsAreThoseOfTheDefinition(count: Int) {
    let padded = sequence(first: 1) { $0 * 2 }.first { $0 >= count } ?? 1
    #expect(MerkleTree.root(leaves: Self.leaves(count)) == Self.plainRoot(Self.leaves(count), padded: padded))
  }

  @Test func aShortPieceIsPaddedToAWholeOne() {
    let root = MerkleTree.pieceRoot(leaves: Self.leaves(3), pieceLength: 16 * 16_384)
    #expect(root == Self.plainRoot(Self.leaves(3), padded: 16))
    #expect(MerkleTree.pieceRoot(leaves: Self.leaves(17), pieceLength: 16 * 16_384) == nil)
    #expect(MerkleTree.pieceRoot(leaves: Self.leaves(1), pieceLength: 20_000) == nil)
    #expect(MerkleTree.pieceRoot(leaves: [], pieceLength: 32_768) == MerkleTree.padding(height: 1))
  }

  @Test(arguments: [(5, 1), (5, 2), (9, 4), (16, 4), (17, 4), (130, 8)])
  func theRootAboveAPieceLayerIsTheRootAboveTheLeaves(blocks: Int, perPiece: Int) {
    let leaves = Self.leaves(blocks)
    let pieceLength = perPiece * 16_384
    let layer = stride(from: 0, to: blocks, by: perPiece).flatMap { first in
      MerkleTree.pieceRoot(leaves: Array(leaves[first..<min(first + perPiece, blocks)]), pieceLength: pieceLength)?.bytes ?? []
    }
    #expect(MerkleTree.root(ofPieceLayer: layer, pieceLength: pieceLength) == MerkleTree.root(leaves: leaves))
    let tree = MerkleTree(pieceLayer: layer, fileLength: Int64(blocks * 16_384 - 5), pieceLength: pieceLength)
    #expect(tree?.root == MerkleTree.root(leaves: leaves))
  }

  @Test func layersOfTheWrongShapeAreRefused() {
    let layer = [UInt8](repeating: 1, count: 96)
    #expect(MerkleTree.root(ofPieceLayer: [], pieceLength: 16_384) == nil)
    #expect(MerkleTree.root(ofPieceLayer: Array(layer.dropLast()), pieceLength: 16_384) == nil)
    #expect(MerkleTree.root(ofPieceLayer: layer, pieceLength: 16_383) == nil)
    #expect(MerkleTree(pieceLayer: layer, fileLength: 3 * 16_384, pieceLength: 16_384) != nil)
    #expect(MerkleTree(pieceLayer: layer, fileLength: 3 * 16_384 + 1, pieceLength: 16_384) == nil)
    #expect(MerkleTree(pieceLayer: layer, fileLength: 2 * 16_384, pieceLength: 16_384) == nil)
    #expect(MerkleTree(pieceLayer: [], fileLength: 0, pieceLength: 16_384) == nil)
    #expect(MerkleTree(pieceLayer: layer, fileLength: -1, pieceLength: 16_384) == nil)
    #expect(MerkleTree(pieceLayer: layer, fileLength: .max, pieceLength: 16_384) == nil)
  }
}
