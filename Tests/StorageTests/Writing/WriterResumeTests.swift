import Foundation
import Glibc
import Metainfo
import NIOCore
import TestSupport
import Testing

@testable import Storage

struct WriterResumeTests {
  /// Writes pieces and commits some of them; then the process is gone.
  private func run(
    _ fixture: WriterFixture, write written: [Int], commit committed: [Int], closing: Bool = false
  ) throws {
    let writer = try fixture.writer()
    _ = writer.resume()
    try fixture.write(writer, written)
    if !committed.isEmpty { try writer.commit(committed) }
    if closing { try writer.close() }
  }

  @Test(arguments: TorrentVersion.allCases) func whatWasRecordedIsHeldAndNothingIsHashedAgain(version: TorrentVersion) throws {
    let fixture = try WriterFixture(version)
    for closing in [true, false] {
      try run(fixture, write: [0, 3], commit: [0, 3], closing: closing)
      let writer = try fixture.writer()
      #expect(writer.resume() == .init(held: fixture.bitfield([0, 3]), doubtful: fixture.bitfield([]), isInPlace: false))
      #expect(writer.held == fixture.bitfield([0, 3]))
    }
    let writer = try fixture.writer()
    _ = writer.resume()
    let rest = fixture.pieces.filter { ![0, 3].contains($0) }
    try fixture.write(writer, rest)
    try writer.commit(rest)
    _ = try writer.finish()
    try fixture.expectInPlace()
  }

  @Test func whatWasForcedToDiskAndNotRecordedIsInDoubt() throws {
    let fixture = try WriterFixture()
    do {
      let writer = try fixture.writer()
      try fixture.write(writer, [0])
      try writer.commit([0])
      // Killed between the two halves of the next commit.
      try fixture.write(writer, [1, 2])
      try writer.synchronize(Set(fixture.layout.files.indices))
    }
    let writer = try fixture.writer()
    let resumption = writer.resume()
    #expect(resumption.held == fixture.bitfield([0]))
    #expect(resumption.doubtful == fixture.bitfield([1, 2]))
    let right = try fixture.right(writer, resumption.doubtful.pieces)
    #expect(right == [1, 2])
    try writer.commit(right)
    #expect(writer.held == fixture.bitfield([0, 1, 2]))
  }

  @Test func aPieceThatIsThereInPartIsNotEvenHashed() throws {
    let fixture = try WriterFixture(files: [.init("a", TorrentFixtures.content(200_000))])
    do {
      let writer = try fixture.writer()
      let block = fixture.blocks(of: 1)[0]
      try writer.write(block, ByteBuffer(bytes: fixture.bytes(block)))
      try writer.close()
    }
    #expect(try fixture.writer().resume().doubtful == fixture.bitfield([]))
  }

  @Test func whatSomebodyElseChangedIsInDoubt() throws {
    let fixture = try WriterFixture()
    try run(fixture, write: Array(fixture.pieces), commit: Array(fixture.pieces), closing: true)
    let content = try #require(fixture.contents["d/tool"])
    try fixture.folder.patch(fixture.staging + "/data/sample/d/tool", at: 20_000, with: [content[20_000] ^ 1])
    let writer = try fixture.writer()
    let resumption = writer.resume()
    let file = try #require(fixture.layout.files.firstIndex { $0.displayPath == "d/tool" }.flatMap(fixture.layout.pieces))
    #expect(Array(resumption.doubtful.pieces) == Array(file))
    #expect(Array(resumption.held.pieces) == fixture.pieces.filter { !file.contains($0) })
    #expect(try fixture.right(writer, file).count == file.count - 1)
  }

  @Test func aFileThatIsGoneOrAnotherIsNotHeld() throws {
    for isReplaced in [false, true] {
      let fixture = try WriterFixture()
      try run(fixture, write: Array(fixture.pieces), commit: Array(fixture.pieces))
      let path = fixture.staging + "/data/sample/a"
      // Made while the former is there, so that the system does not give it the former's inode.
      if isReplaced { try fixture.folder.write(try fixture.folder.read(path), to: path + ".new") }
      try fixture.folder.remove(path)
      if isReplaced { try FileManager.default.moveItem(atPath: fixture.folder.path(path + ".new"), toPath: fixture.folder.path(path)) }
      let resumption = try fixture.writer().resume()
      #expect(!resumption.held[0] && !resumption.held[2] && resumption.held[3])
      #expect(resumption.doubtful == fixture.bitfield(isReplaced ? [0, 1, 2] : []))
    }
  }

  @Test(arguments: [[UInt8](), Array("garbage".utf8), Array("d4:heldi3ee".utf8)])
  func aRecordThatCannotBeReadPutsAllInDoubt(bytes: [UInt8]) throws {
    let fixture = try WriterFixture()
    try run(fixture, write: [0, 1], commit: [0, 1])
    try fixture.folder.write(bytes, to: fixture.staging + "/record")
    let resumption = try fixture.writer().resume()
    #expect(resumption.held.isEmpty && resumption.doubtful == fixture.bitfield([0, 1]))
  }

  @Test func aRecordIsOfItsTorrentAlone() throws {
    let fixture = try WriterFixture()
    let identity = FileIdentity(device: .max, inode: 2, size: 3, modified: -4, changed: 5)
    let record = WritingRecord(
      held: fixture.bitfield([1]), files: fixture.layout.files.indices.map { $0 == 0 ? identity : nil }, isClosed: true)
    let bytes = record.encoded(for: fixture.torrent.infoHash)
    #expect(WritingRecord(bytes, infoHash: fixture.torrent.infoHash, layout: fixture.layout) == record)
    #expect(WritingRecord(bytes, infoHash: InfoHash(v1: .zero), layout: fixture.layout) == nil)
    let other = PieceLayout(files: [], pieceLength: 32_768, isFileAligned: false)
    #expect(WritingRecord(bytes, infoHash: fixture.torrent.infoHash, layout: other) == nil)
  }

  @Test func anEndRightAfterTheRenameIsSeen() throws {
    let fixture = try WriterFixture()
    try run(fixture, write: Array(fixture.pieces), commit: Array(fixture.pieces))
    // What `finish` does first; then the process is gone.
    try fixture.folder.rename(fixture.staging + "/data/sample", to: "root/sample")
    let writer = try fixture.writer()
    #expect(writer.resume().isInPlace)
    try writer.discard()
    #expect(try fixture.folder.names(in: "root") == ["sample"])
  }

  @Test func aDroppedPieceIsNotHeldAfterTheNextStartEither() throws {
    let fixture = try WriterFixture()
    do {
      let writer = try fixture.writer()
      try fixture.write(writer, [0, 1])
      try writer.commit([0, 1])
      try writer.drop(1)
      #expect(writer.held == fixture.bitfield([0]))
    }
    #expect(try fixture.writer().resume().held == fixture.bitfield([0]))
  }
}
