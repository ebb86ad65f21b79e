import Metainfo
import PluginKit
import TestSupport
import Testing

struct PartialScopeTests {
  private struct Sample {
    let model: ByteModel
    let terms: [PartialScope.Term]
    let scope: PartialScope

    init(_ model: ByteModel, _ generator: inout SeededGenerator) {
      self.model = model
      terms = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
        PartialScope.Term(
          pieces: .random(count: model.layout.pieceCount, &generator), files: .random(count: model.layout.files.count, &generator))
      }
      scope = PartialScope(terms, layout: model.layout)
    }

    func grants(_ file: Int, in piece: UInt32) -> Bool { terms.contains { $0.pieces[Int(piece)] && $0.files[file] } }

    /// Whether each byte of content in the block is granted; nil where the block is not within its piece.
    func grants(_ block: Block) -> Bool? { model.content(of: block)?.allSatisfy { grants($0, in: block.piece) } }
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func blockIsInExactlyWhenEachOfItsBytesIs(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let sample = Sample(.random(&generator), &generator)
    for block in sample.model.blocks {
      let isIn = sample.scope.contains(block, in: sample.model.layout)
      guard let content = sample.model.content(of: block), !content.isEmpty else {
        // Nothing of a file is in it: it is at most zeroes within a piece.
        #expect(!isIn || sample.model.layout.contains(block))
        continue
      }
      #expect(isIn == sample.grants(block), "\(block) of \(sample.model.layout)")
    }
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func pieceIsShownExactlyWhenEachOfItsContentBytesIsIn(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let sample = Sample(.random(&generator), &generator)
    for piece in 0..<sample.model.layout.pieceCount {
      let block = sample.model.block(ofPiece: piece)
      guard sample.model.content(of: block)?.isEmpty == false else { continue }
      #expect(sample.scope.wholePieces[piece] == sample.grants(block))
    }
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func intersectionHoldsWhatBothHold(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let model = ByteModel.random(&generator)
    let (one, other) = (Sample(model, &generator), Sample(model, &generator))
    let both = one.scope.intersection(other.scope)
    for block in model.blocks {
      guard let content = model.content(of: block), !content.isEmpty else { continue }
      #expect(both.contains(block, in: model.layout) == (one.grants(block) == true && other.grants(block) == true))
    }
    for piece in 0..<model.layout.pieceCount where model.content(of: model.block(ofPiece: piece))?.isEmpty == false {
      #expect(both.wholePieces[piece] == (one.scope.wholePieces[piece] && other.scope.wholePieces[piece]))
    }
  }

  @Test func twoTermsTogetherCoverABlockThatNeitherCoversAlone() {
    let layout = PolicyFixtures.layout(["a": 8, "b": 8], pieceLength: 16)
    let pieces = Bitfield(count: 1, filled: true)
    let terms = [[true, false], [false, true]].map { PartialScope.Term(pieces: pieces, files: bits($0)) }
    let block = Block(piece: 0, offset: 4, length: 8)
    #expect(!PartialScope([terms[0]], layout: layout).contains(block, in: layout))
    let scope = PartialScope(terms, layout: layout)
    #expect(scope.contains(block, in: layout))
    #expect(scope.wholePieces.isFull)
    #expect(scope.terms.count == 1, "terms of the same pieces are joined")
  }

  @Test func termsWithoutAByteAreDropped() {
    let layout = PolicyFixtures.layout(["a": 16, "b": 16, "empty": 0], pieceLength: 16)
    // File a lies in piece 0 only, and the empty file nowhere.
    let scope = PartialScope(pieces: bits([false, true]), files: bits([true, false, true]), layout: layout)
    #expect(scope.isEmpty)
    #expect(Scope.part(scope).isEmpty)
    #expect(scope.wholePieces.isEmpty)
  }

  @Test func padFilesGoWithAnyPiece() {
    let layout = PolicyFixtures.layout(["a": 10, ".pad/6": 6, "b": 16], pieceLength: 16)
    let scope = PartialScope(pieces: bits([true, true]), files: bits([true, false, false]), layout: layout)
    #expect(scope.wholePieces == bits([true, false]))
    #expect(scope.contains(Block(piece: 0, offset: 0, length: 16), in: layout))
  }

  private func bits(_ values: [Bool]) -> Bitfield {
    var bits = Bitfield(count: values.count)
    for (index, value) in values.enumerated() { bits[index] = value }
    return bits
  }
}
