import Foundation
import Glibc
import Metainfo
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import Storage

/// An artifact that is to be fetched, and a folder to put it in.
struct WriterFixture {
  static let files: [TorrentFixtures.File] = [
    .init("a", TorrentFixtures.content(70_000)), .init("d/empty"), .init("d/e/b", TorrentFixtures.content(40_000, seed: 2)),
    .init("d/tool", TorrentFixtures.content(33_000, seed: 3), isExecutable: true), .init("link", symlinkTo: "d/e/b"),
    .init("d/up", symlinkTo: "a"), .init("z", TorrentFixtures.content(5, seed: 4)),
  ]

  let folder: TemporaryDirectory
  let torrent: Torrent
  let contents: [String: [UInt8]]

  init(_ version: TorrentVersion = .v1, files: [TorrentFixtures.File] = WriterFixture.files, isSingleFile: Bool = false) throws {
    folder = try TemporaryDirectory("writer")
    torrent = try TorrentFixtures.torrent(version, files: files, isSingleFile: isSingleFile, pieceLength: 32_768).torrent
    contents = Dictionary(uniqueKeysWithValues: files.map { ($0.path.joined(separator: "/"), $0.content) })
    try folder.makeFolder("root")
  }

  var root: String { folder.path("root") }
  var layout: PieceLayout { torrent.layout }
  var pieces: Range<Int> { 0..<layout.pieceCount }
  var staging: String { "root/" + StagingPlan(torrent).folder }

  func writer(
    files: Set<Int>? = nil, settings: WriterSettings = WriterSettings(), calls: WritingCalls = WritingCalls()
  ) throws -> ArtifactWriter {
    try ArtifactWriter(torrent: torrent, root: root, files: files, settings: settings, calls: calls)
  }

  /// The bytes of a block, as a peer sends them.
  func bytes(_ block: Block) -> [UInt8] {
    (layout.extents(of: block) ?? []).flatMap { extent -> [UInt8] in
      let file = layout.files[extent.file]
      if file.isPadding { return [UInt8](repeating: 0, count: extent.length) }
      return Array((contents[file.displayPath] ?? [])[Int(extent.offset)..<Int(extent.offset) + extent.length])
    }
  }

  func blocks(of piece: Int) -> [Block] {
    let length = layout.length(ofPiece: piece) ?? 0
    return stride(from: 0, to: length, by: Block.standardLength).map {
      Block(piece: UInt32(piece), offset: UInt32($0), length: UInt32(min(Block.standardLength, length - $0)))
    }
  }

  func write(_ writer: ArtifactWriter, _ pieces: some Sequence<Int>) throws {
    for block in pieces.flatMap(blocks) { try writer.write(block, ByteBuffer(bytes: bytes(block))) }
  }

  /// The pieces that are right on disk.
  func right(_ writer: ArtifactWriter, _ pieces: some Sequence<Int>) throws -> [Int] {
    var checker = writer.checker()
    var right: [Int] = []
    for piece in pieces {
      if try checker.isRight(piece) { right.append(piece) }
    }
    return right
  }

  /// Whether everything lies in its place, byte for byte.
  func expectInPlace(without missing: Set<String> = []) throws {
    for file in layout.files where !file.isPadding {
      let path = folder.path("root/" + (torrent.isSingleFile ? torrent.name : torrent.name + "/" + file.displayPath))
      if missing.contains(file.displayPath) {
        #expect(FileStatus(path: path) == nil)
      } else if file.symlinkTarget != nil {
        #expect(FileStatus(path: path)?.isLink == true && FileStatus(target: path)?.isFile == true)
      } else {
        #expect([UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) == contents[file.displayPath])
      }
    }
  }

  func bitfield(_ pieces: some Sequence<Int>) -> Bitfield {
    var bitfield = Bitfield(count: layout.pieceCount)
    for piece in pieces { bitfield[piece] = true }
    return bitfield
  }
}

/// A disk that fails when the test says so, and works otherwise.
final class FailingDisk: Sendable {
  private struct State {
    var writing: Int32 = 0
    /// Bytes that still fit before a write fails.
    var room = Int.max
    var synchronizing: Int32 = 0
    var allocating: Int32 = 0
    var synchronized = 0
  }

  private let state = Mutex(State())

  func failWrites(_ number: Int32, after room: Int = 0) { state.withLock { ($0.writing, $0.room) = (number, room) } }
  func failSynchronizing(_ number: Int32) { state.withLock { $0.synchronizing = number } }
  func failAllocating(_ number: Int32) { state.withLock { $0.allocating = number } }
  func heal() { state.withLock { $0 = State(synchronized: $0.synchronized) } }
  /// How often a file was forced to disk.
  var synchronized: Int { state.withLock { $0.synchronized } }

  var calls: WritingCalls {
    let real = WritingCalls()
    return WritingCalls(
      write: { descriptor, bytes, offset in
        let (number, room) = self.state.withLock { state in
          defer { if state.writing != 0 { state.room = max(0, state.room - bytes.count) } }
          return (state.writing, state.writing == 0 ? Int.max : state.room)
        }
        guard room > 0 else {
          errno = number
          return -1
        }
        // A disk that is nearly full takes a part.
        return real.write(descriptor, UnsafeRawBufferPointer(rebasing: bytes.prefix(room)), offset)
      },
      synchronize: { descriptor in
        let number = self.state.withLock { state in
          state.synchronized += 1
          return state.synchronizing
        }
        return number != 0 ? number : real.synchronize(descriptor)
      },
      allocate: { descriptor, length in
        let number = self.state.withLock { $0.allocating }
        return number != 0 ? number : real.allocate(descriptor, length)
      })
  }
}
