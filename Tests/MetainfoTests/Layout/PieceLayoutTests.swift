import Metainfo
import TestSupport
import Testing

@Suite struct PieceLayoutTests {
  private static func layout(_ lengths: [Int64], pieceLength: Int, aligned: Bool = false) -> PieceLayout {
    let files = lengths.enumerated().map { TorrentFile(path: ["f\($0)"], length: $1) }
    return PieceLayout(files: files, pieceLength: pieceLength, isFileAligned: aligned)
  }

  @Test func piecesRunAcrossFiles() throws {
    let layout = Self.layout([10, 0, 25, 1], pieceLength: 16)
    #expect(layout.fileOffsets == [0, 10, 10, 35])
    #expect(layout.pieceCount == 3)
    #expect((0...3).map { layout.length(ofPiece: $0) } == [16, 16, 4, nil])
    #expect(layout.length(ofPiece: -1) == nil)
    #expect(
      layout.extents(of: Block(piece: 0, offset: 8, length: 8)) == [
        PieceLayout.Extent(file: 0, offset: 8, length: 2), PieceLayout.Extent(file: 2, offset: 0, length: 6),
      ])
    #expect(
      layout.extents(of: Block(piece: 2, offset: 0, length: 4)) == [
        PieceLayout.Extent(file: 2, offset: 22, length: 3), PieceLayout.Extent(file: 3, offset: 0, length: 1),
      ])
    #expect(layout.pieces(ofFile: 0) == 0...0)
    #expect(layout.pieces(ofFile: 1) == nil)
    #expect(layout.pieces(ofFile: 2) == 0...2)
    #expect(layout.pieces(ofFile: 9) == nil)
  }

  @Test func filesOfVersion2BeginPieces() throws {
    let layout = Self.layout([10, 0, 40, 16, 1], pieceLength: 16, aligned: true)
    #expect(layout.fileOffsets == [0, 10, 16, 64, 80])
    #expect(layout.pieceCount == 6)
    #expect((0..<6).map { layout.length(ofPiece: $0) } == [10, 16, 16, 8, 16, 1])
    #expect(layout.extents(of: Block(piece: 3, offset: 0, length: 8)) == [PieceLayout.Extent(file: 2, offset: 32, length: 8)])
    #expect(layout.extents(of: Block(piece: 3, offset: 0, length: 9)) == nil)
    #expect(layout.pieces(ofFile: 2) == 1...3)
  }

  @Test(arguments: [
    Block(piece: 3, offset: 0, length: 1), Block(piece: 0, offset: 0, length: 0), Block(piece: 0, offset: 16, length: 1),
    Block(piece: 0, offset: 1, length: 16), Block(piece: 2, offset: 3, length: 2), Block(piece: .max, offset: 0, length: 1),
    Block(piece: 0, offset: .max, length: .max), Block(piece: .max, offset: .max, length: .max),
  ])
  func blocksOutsideTheirPieceHaveNoExtents(_ block: Block) {
    let layout = Self.layout([10, 0, 25, 1], pieceLength: 16)
    #expect(!layout.contains(block))
    #expect(layout.extents(of: block) == nil)
  }

  @Test func everyBlockOfRandomLayoutsCoversItsBytesOnce() throws {
    var generator = SeededGenerator(seed: 99)
    for round in 0..<60 {
      let lengths = (0..<Int.random(in: 1...20, using: &generator)).map { _ in
        Bool.random(using: &generator) ? Int64.random(in: 0...100, using: &generator) : 0
      }
      let layout = Self.layout(lengths, pieceLength: Int.random(in: 1...40, using: &generator), aligned: round.isMultiple(of: 2))
      var covered = lengths.map { [Int](repeating: 0, count: Int($0)) }
      for piece in 0..<layout.pieceCount {
        let length = try #require(layout.length(ofPiece: piece))
        let extents = try #require(layout.extents(of: Block(piece: UInt32(piece), offset: 0, length: UInt32(length))))
        #expect(extents.reduce(0) { $0 + $1.length } == length)
        for extent in extents {
          for byte in Int(extent.offset)..<Int(extent.offset) + extent.length { covered[extent.file][byte] += 1 }
        }
      }
      #expect(covered.allSatisfy { $0.allSatisfy { $0 == 1 } }, "round \(round): \(lengths)")
    }
  }

  @Test func aHybridsPadFilesAlignEveryFileButNothingAfterTheLast() throws {
    let files = [
      TorrentFile(path: ["a"], length: 1), TorrentFile(path: ["b"], length: 16_384), TorrentFile(path: ["c"], length: 0),
      TorrentFile(path: ["d"], length: 16_385), TorrentFile(path: ["e"], length: 3), TorrentFile(path: ["f"], length: 0),
    ]
    let layout = try TorrentBlueprint(name: "n", isSingleFile: false, files: files, pieceLength: 16_384, version: .hybrid).layout
    #expect(layout.files.map(\.displayPath) == ["a", ".pad/16383", "b", "c", "d", ".pad/16383", "e", "f"])
    #expect(layout.files.map(\.isPadding) == [false, true, false, false, false, true, false, false])
    for (file, offset) in zip(layout.files, layout.fileOffsets) where file.length > 0 && !file.isPadding {
      #expect(offset.isMultiple(of: 16_384))
    }
    #expect(layout.pieceCount == 5)
    #expect(layout.contentLength == 1 + 16_384 + 16_385 + 3)
  }
}
