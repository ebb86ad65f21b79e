import Metainfo
import TestSupport
import Testing

@Suite struct HashRequestTests {
  private static let perPiece = 4
  private static let pieceLength = perPiece * 16_384

  private struct Sample {
    let leaves: [SHA256Digest]
    let tree: MerkleTree

    init(blocks: Int) throws {
      leaves = (0..<blocks).map { SHA256Digest.hash(of: [UInt8(truncatingIfNeeded: $0)]) }
      let content = Int64(blocks) * 16_384
      let layer = HashRequestTests.layer(leaves)
      tree = try #require(MerkleTree(pieceLayer: layer, fileLength: content, pieceLength: HashRequestTests.pieceLength))
    }

    func piece(_ index: Int) -> MerkleTree.PieceLeaves {
      let first = index * perPiece
      return MerkleTree.PieceLeaves(piece: index, leaves: Array(leaves[min(first, leaves.count)..<min(first + perPiece, leaves.count)]))
    }
  }

  private static func layer(_ leaves: [SHA256Digest]) -> [UInt8] {
    guard leaves.count > perPiece else { return MerkleTree.root(leaves: leaves).bytes }
    return stride(from: 0, to: leaves.count, by: perPiece).flatMap { first in
      MerkleTree.pieceRoot(leaves: Array(leaves[first..<min(first + perPiece, leaves.count)]), pieceLength: pieceLength)?.bytes ?? []
    }
  }

  // What a peer does with an answer: fold the hashes into one, then that with each uncle, up to a hash that it knows.
  private static func folded(_ hashes: [SHA256Digest], index: Int, length: Int) -> SHA256Digest {
    var layer = Array(hashes.prefix(length))
    while layer.count > 1 {
      layer = stride(from: 0, to: layer.count, by: 2).map { .hash(of: layer[$0].bytes + layer[$0 + 1].bytes) }
    }
    var (node, index) = (layer[0], index / length)
    for uncle in hashes.dropFirst(length) {
      node = index.isMultiple(of: 2) ? .hash(of: node.bytes + uncle.bytes) : .hash(of: uncle.bytes + node.bytes)
      index /= 2
    }
    return node
  }

  @Test(arguments: [5, 8, 9, 16, 21, 40])
  func everyAnswerFromThePieceLayerUpLeadsToTheRoot(blocks: Int) throws {
    let sample = try Sample(blocks: blocks)
    var answers = 0
    for base in 2..<sample.tree.height {
      let width = 1 << (sample.tree.height - base)
      for length in [1, 2, 4, 8, 16] where length <= width {
        for index in stride(from: 0, to: width, by: length) {
          let proofs = sample.tree.height - base - 1
          let hashes = try #require(sample.tree.hashes(baseLayer: base, index: index, length: length, proofLayers: proofs))
          #expect(hashes.count == MerkleTree.hashCount(length: length, proofLayers: proofs))
          #expect(Self.folded(hashes, index: index, length: length) == sample.tree.root)
          answers += 1
        }
      }
    }
    #expect(answers > 0)
  }

  @Test(arguments: [3, 5, 9, 21])
  func blockHashesOfAPieceLeadToTheRoot(blocks: Int) throws {
    let sample = try Sample(blocks: blocks)
    let length = min(Self.perPiece, 1 << sample.tree.height)
    for piece in 0..<(blocks + Self.perPiece - 1) / Self.perPiece {
      let hashes = try #require(
        sample.tree.hashes(
          baseLayer: 0, index: piece * Self.perPiece, length: length, proofLayers: sample.tree.height - 1, leaves: sample.piece(piece)))
      #expect(Array(hashes.prefix(sample.piece(piece).leaves.count)) == sample.piece(piece).leaves)
      #expect(Self.folded(hashes, index: piece * Self.perPiece, length: length) == sample.tree.root)
    }
  }

  @Test func proofLayersThatTheHashesImplyAreLeftOut() throws {
    let tree = try Sample(blocks: 64).tree
    #expect(tree.hashes(baseLayer: 2, index: 0, length: 8, proofLayers: 2)?.count == 8)
    #expect(tree.hashes(baseLayer: 2, index: 0, length: 8, proofLayers: 3)?.count == 9)
    #expect(tree.hashes(baseLayer: 2, index: 0, length: 2, proofLayers: 0)?.count == 2)
    #expect(tree.hashes(baseLayer: 2, index: 0, length: 2, proofLayers: 1)?.count == 3)
    #expect(tree.hashes(baseLayer: 2, index: 0, length: 16, proofLayers: 3)?.count == 16, "the whole layer needs no proof")
  }

  @Test func hashesBeyondTheFileArePadding() throws {
    let hashes = try #require(try Sample(blocks: 17).tree.hashes(baseLayer: 2, index: 4, length: 4, proofLayers: 0))
    #expect(Array(hashes[1...]) == [SHA256Digest](repeating: MerkleTree.padding(height: 2), count: 3))
    #expect(hashes[0] != MerkleTree.padding(height: 2))
  }

  @Test(arguments: [
    (base: -1, index: 0, length: 2, proofs: 0), (base: 2, index: -2, length: 2, proofs: 0), (base: 2, index: 0, length: 0, proofs: 0),
    (base: 2, index: 0, length: -2, proofs: 0), (base: 2, index: 0, length: 3, proofs: 0), (base: 2, index: 1, length: 2, proofs: 0),
    (base: 2, index: 16, length: 2, proofs: 0), (base: 2, index: 0, length: 32, proofs: 0), (base: 2, index: 0, length: 16_384, proofs: 0),
    (base: 2, index: 0, length: 2, proofs: -1), (base: 2, index: 0, length: 2, proofs: 4), (base: 6, index: 0, length: 1, proofs: 0),
    (base: 64, index: 0, length: 2, proofs: 0), (base: .max, index: 0, length: 2, proofs: 0),
    (base: 2, index: .max - 1, length: 2, proofs: 0), (base: 2, index: 0, length: .max, proofs: 0),
    (base: 2, index: 0, length: 2, proofs: .max), (base: 1, index: 0, length: 2, proofs: 0), (base: 0, index: 0, length: 4, proofs: 0),
  ])
  func whatCannotBeAnsweredIsRefused(base: Int, index: Int, length: Int, proofs: Int) throws {
    #expect(try Sample(blocks: 64).tree.hashes(baseLayer: base, index: index, length: length, proofLayers: proofs) == nil)
  }

  @Test func leavesThatAreNotThePiecesAreNotServed() throws {
    let sample = try Sample(blocks: 16)
    let wrong = MerkleTree.PieceLeaves(piece: 1, leaves: sample.piece(0).leaves)
    #expect(sample.tree.hashes(baseLayer: 0, index: 4, length: 4, proofLayers: 0, leaves: wrong) == nil)
    #expect(sample.tree.hashes(baseLayer: 0, index: 4, length: 4, proofLayers: 0, leaves: sample.piece(1)) == sample.piece(1).leaves)
    #expect(sample.tree.hashes(baseLayer: 0, index: 0, length: 8, proofLayers: 0, leaves: sample.piece(0)) == nil)
    let far = MerkleTree.PieceLeaves(piece: .max, leaves: sample.piece(0).leaves)
    #expect(sample.tree.hashes(baseLayer: 0, index: 0, length: 4, proofLayers: 0, leaves: far) == nil)
  }

  @Test func aTorrentGivesTheTreesOfItsFiles() throws {
    let torrent = try TorrentFixtures.torrent(.hybrid).torrent
    for (index, file) in torrent.layout.files.enumerated() {
      #expect(torrent.merkleTree(ofFile: index)?.root == file.piecesRoot)
    }
    #expect(torrent.merkleTree(ofFile: 99) == nil)
    #expect(try Torrent.decodeInfo(torrent.infoBytes).torrent.merkleTree(ofFile: 0)?.height == nil)
  }
}
