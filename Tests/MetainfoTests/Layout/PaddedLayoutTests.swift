import Metainfo
import Testing

@Suite struct PaddedLayoutTests {
  private let own = PieceLayout(
    files: [
      TorrentFile(path: ["a"], length: 40), TorrentFile(path: ["b"], length: 0), TorrentFile(path: ["c"], length: 32),
      TorrentFile(path: ["d"], length: 5),
    ],
    pieceLength: 16, isFileAligned: true)

  @Test func gapsBecomePadFilesAndEveryPieceIsWhole() {
    let padded = PaddedLayout(own)
    #expect(padded.layout.files.map(\.length) == [40, 8, 0, 32, 5, 11])
    #expect(padded.layout.files.map(\.isPadding) == [false, true, false, false, false, true])
    #expect(padded.originals == [0, nil, 1, 2, 3, nil])
    #expect(padded.layout.pieceCount == own.pieceCount)
    #expect((0..<6).allSatisfy { padded.layout.length(ofPiece: $0) == 16 })
    #expect(padded.layout.contentLength == own.contentLength)
  }

  @Test func filesKeepTheirPlaces() {
    let padded = PaddedLayout(own)
    for (index, original) in padded.originals.enumerated() {
      guard let original, own.files[original].length > 0 else { continue }
      #expect(padded.layout.fileOffsets[index] == own.fileOffsets[original])
    }
    #expect(padded.arranged(["a", "b", "c", "d"], padding: "") == ["a", "", "b", "c", "d", ""])
  }

  @Test func aLayoutWithoutGapsStaysAsItIs() {
    let plain = PieceLayout(files: own.files, pieceLength: 16, isFileAligned: false)
    #expect(PaddedLayout(plain).layout == plain)
    #expect(PaddedLayout(plain).originals == [0, 1, 2, 3])
  }
}
