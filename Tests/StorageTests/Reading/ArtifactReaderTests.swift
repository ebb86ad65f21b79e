import Glibc
import Metainfo
import NIOCore
import TestSupport
import Testing

@testable import Storage

struct ArtifactReaderTests {
  @Test func appendsAfterWhatIsInTheBufferPrefixesAndBlocksInOrder() throws {
    let fixture = try ReaderFixture(length: 300_000)
    var buffer = ByteBuffer(string: "before")
    let blocks = fixture.blocks().shuffled()
    #expect(fixture.reader().read(blocks, to: &buffer) == .complete)
    #expect(buffer.readString(length: 6) == "before")
    #expect(Content(buffer.readableBytesView) == fixture.expected(blocks))
  }

  @Test func aSliceAndALazyCollectionAreReadAlike() throws {
    let fixture = try ReaderFixture(length: 300_000)
    let blocks = fixture.blocks()
    #expect(fixture.reader().read(blocks[3..<9]).bytes == fixture.expected(blocks[3..<9]))
    #expect(fixture.reader().read(blocks.reversed()).bytes == fixture.expected(blocks.reversed()))
  }

  @Test func noBlocksAreComplete() throws {
    let fixture = try ReaderFixture(length: 10)
    let (result, bytes) = fixture.reader().read([])
    #expect(result == .complete)
    #expect(bytes == Content([]))
  }

  @Test func padFilesAreZeroesAndNeedNotExist() throws {
    let fixture = try ReaderFixture(
      [
        TorrentFile(path: ["a"], length: 20_000), TorrentFile(path: [".pad", "12768"], length: 12_768, isPadding: true),
        TorrentFile(path: ["b"], length: 5_000),
      ], pieceLength: 32_768)
    let blocks = fixture.blocks()
    let (result, bytes) = fixture.reader(identities: fixture.identities).read(blocks)
    #expect(result == .complete)
    #expect(bytes == fixture.expected(blocks))
  }

  @Test func aBlockMayLieInThousandsOfFiles() throws {
    let files = (0..<3_000).map { TorrentFile(path: ["\($0)"], length: Int64($0 % 7)) }
    let fixture = try ReaderFixture(files, pieceLength: 16_384)
    let cache = DescriptorCache(capacity: 8)
    let reader = fixture.reader(cache: cache)
    let (result, bytes) = reader.read(fixture.blocks())
    #expect(result == .complete)
    #expect(bytes == fixture.expected(fixture.blocks()))
    #expect(cache.count == 8)
  }

  @Test(arguments: 0..<40)
  func randomLayoutsReadAsANaiveReaderReads(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let pieceLength = [1_000, 16_384, 32_768, 65_536].randomElement(using: &random) ?? 16_384
    let aligned = Bool.random(using: &random)
    let fixture = try ReaderFixture(
      Self.randomFiles(aligned: aligned, &random), pieceLength: pieceLength, isFileAligned: aligned, seed: seed)
    let reader = fixture.reader(cache: DescriptorCache(capacity: Int.random(in: 1...6, using: &random)), identities: fixture.identities)
    for _ in 0..<20 {
      let blocks = (0..<Int.random(in: 1...100, using: &random)).compactMap { _ in Self.randomBlock(fixture.layout, &random) }
      let (result, bytes) = reader.read(blocks)
      #expect(result == .complete)
      #expect(bytes == fixture.expected(blocks))
      Self.checkWithoutWaiting(reader, fixture, blocks)
    }
  }

  /// Whatever is there without waiting is right, whole, and followed by nothing.
  private static func checkWithoutWaiting(_ reader: ArtifactReader, _ fixture: ReaderFixture, _ blocks: [Block]) {
    let (result, bytes) = reader.read(blocks, waiting: false)
    switch result {
    case .complete: #expect(bytes == fixture.expected(blocks))
    case .wouldBlock(let appended):
      #expect(appended < blocks.count)
      #expect(bytes == fixture.expected(blocks.prefix(appended)))
    case .failed(_, let error): Issue.record(error)
    }
  }

  private static func randomFiles(aligned: Bool, _ random: inout SeededGenerator) -> [TorrentFile] {
    (0..<Int.random(in: 1...12, using: &random)).map { index in
      let length: Int64 = [0, 1, 100, 16_384, 65_536, 100_000].randomElement(using: &random) ?? 1
      let padding = !aligned && Int.random(in: 0..<4, using: &random) == 0
      return TorrentFile(path: ["\(index)"], length: .random(in: 0...length, using: &random), isPadding: padding)
    } + [TorrentFile(path: ["last"], length: 1)]
  }

  private static func randomBlock(_ layout: PieceLayout, _ random: inout SeededGenerator) -> Block? {
    let piece = Int.random(in: 0..<layout.pieceCount, using: &random)
    guard let end = layout.length(ofPiece: piece) else { return nil }
    let offset = Int.random(in: 0..<end, using: &random)
    let length = Int.random(in: 1...min(end - offset, 20_000), using: &random)
    return Block(piece: UInt32(piece), offset: UInt32(offset), length: UInt32(length))
  }

  @Test func blocksThatLieInNoPieceAreRefusedAfterTheGoodOnes() throws {
    let fixture = try ReaderFixture(
      [TorrentFile(path: ["a"], length: 20_000), TorrentFile(path: ["b"], length: 5)], pieceLength: 16_384, isFileAligned: true)
    let good = Block(piece: 0, offset: 0, length: 16_384)
    let bad = [
      Block(piece: 3, offset: 0, length: 1), Block(piece: 1, offset: 0, length: 3_617), Block(piece: 1, offset: .max, length: .max),
      Block(piece: .max, offset: 0, length: 1), Block(piece: 0, offset: 0, length: 0), Block(piece: 2, offset: 5, length: 1),
    ]
    for bad in bad {
      #expect(fixture.layout.contains(bad) == false)
      let (result, bytes) = fixture.reader().read([good, bad, good])
      #expect(result == .failed(appended: 1, .noSuchBlock(bad)))
      #expect(bytes == fixture.expected([good]))
    }
  }

  @Test func threadsShareOneReaderAndASmallCache() async throws {
    let files = (0..<20).map { TorrentFile(path: ["\($0)"], length: 50_000) }
    let fixture = try ReaderFixture(files, pieceLength: 16_384)
    let cache = DescriptorCache(capacity: 3)
    let reader = fixture.reader(cache: cache, identities: fixture.identities)
    let (blocks, expected) = (fixture.blocks(), fixture.expected(fixture.blocks()))
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 { group.addTask { (0..<20).allSatisfy { _ in reader.read(blocks).bytes == expected } } }
      for await same in group { #expect(same) }
    }
    #expect(cache.count == 3)
  }

  @Test func descriptorsGoWithTheirReader() throws {
    let fixture = try ReaderFixture(length: 10)
    let cache = DescriptorCache(capacity: 4)
    let kept = fixture.reader(cache: cache)
    #expect(kept.read(fixture.blocks()).result == .complete)
    do {
      let reader = fixture.reader(cache: cache)
      #expect(reader.read(fixture.blocks()).result == .complete)
      #expect(cache.count == 2)
    }
    #expect(cache.count == 1)
  }

  @Test func aDescriptorInUseOutlivesItsPlaceInTheCache() throws {
    let fixture = try ReaderFixture(length: 10)
    let cache = DescriptorCache(capacity: 1)
    let reader = fixture.reader(cache: cache)
    let held = try #require(try reader.open(file: 0, waiting: true))
    cache.removeAll(of: reader.number)
    #expect(cache.count == 0)
    #expect(fcntl(held.descriptor, F_GETFD) == FD_CLOEXEC)
  }
}
