import Glibc
import Metainfo
import NIOCore
import TestSupport

@testable import Storage

/// An artifact on disk with random content, and what a naive reader says its blocks are.
struct ReaderFixture {
  let folder: TemporaryDirectory
  let layout: PieceLayout
  let paths: [[String]]
  /// The torrent's bytes, pads and gaps as zeroes.
  let stream: [UInt8]

  init(_ files: [TorrentFile], pieceLength: Int, isFileAligned: Bool = false, seed: UInt64 = 1) throws {
    var random = SeededGenerator(seed: seed)
    folder = try TemporaryDirectory("reader")
    layout = PieceLayout(files: files, pieceLength: pieceLength, isFileAligned: isFileAligned)
    paths = files.map { ["artifact"] + $0.path }
    var stream = [UInt8](repeating: 0, count: Int(layout.span))
    for (file, offset) in zip(files, layout.fileOffsets) where !file.isPadding {
      let content = random.bytes(Int(file.length))
      try folder.write(content, to: "artifact/" + file.displayPath)
      stream.replaceSubrange(Int(offset)..<Int(offset) + content.count, with: content)
    }
    self.stream = stream
  }

  /// One file named `file` of so many bytes.
  init(length: Int, pieceLength: Int = 65_536) throws {
    try self.init([TorrentFile(path: ["file"], length: Int64(length))], pieceLength: pieceLength)
  }

  /// What each file is now.
  var identities: [FileIdentity?] {
    paths.indices.map { layout.files[$0].isPadding ? nil : FileIdentity.of(path: folder.path(paths[$0].joined(separator: "/"))) }
  }

  func reader(cache: DescriptorCache = DescriptorCache(capacity: 16), identities: [FileIdentity?] = []) -> ArtifactReader {
    ArtifactReader(layout: layout, root: folder.path, paths: paths, identities: identities, cache: cache)
  }

  /// All blocks of a length, in order.
  func blocks(of length: Int = Block.standardLength) -> [Block] {
    (0..<layout.pieceCount).flatMap { piece in
      let end = layout.length(ofPiece: piece) ?? 0
      return stride(from: 0, to: end, by: length).map {
        Block(piece: UInt32(piece), offset: UInt32($0), length: UInt32(min(length, end - $0)))
      }
    }
  }

  func bytes(of block: Block) -> ArraySlice<UInt8> {
    let begin = Int(block.piece) * layout.pieceLength + Int(block.offset)
    return stream[begin..<begin + Int(block.length)]
  }

  /// What the buffer must hold once these blocks are in it.
  func expected(_ blocks: some Sequence<Block>) -> Content {
    Content(blocks.flatMap { Self.prefix($0) + bytes(of: $0) })
  }

  static func prefix(_ block: Block) -> [UInt8] {
    [block.piece, block.offset, block.length].flatMap { withUnsafeBytes(of: $0.bigEndian, Array.init) }
  }
}

extension ArtifactReader {
  /// `append` with a prefix of 12 bytes that names the block.
  func read(_ blocks: some RandomAccessCollection<Block>, to buffer: inout ByteBuffer, waiting: Bool = true) -> BatchResult {
    append(blocks, to: &buffer, prefixLength: 12, writePrefix: { $1.copyBytes(from: ReaderFixture.prefix($0)) }, waiting: waiting)
  }

  func read(_ blocks: some RandomAccessCollection<Block>, waiting: Bool = true) -> (result: BatchResult, bytes: Content) {
    var buffer = ByteBuffer()
    let result = read(blocks, to: &buffer, waiting: waiting)
    return (result, Content(buffer.readableBytesView))
  }
}

/// Bytes that a failed expectation does not print, nor look through for what was inserted where.
struct Content: Equatable, CustomStringConvertible, Sendable {
  let bytes: [UInt8]

  init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

  var description: String { "\(bytes.count) bytes beginning \(bytes.prefix(16))" }
}

/// Whether the temporary folder's file system, and this kernel, can read without waiting.
let canReadWithoutWaiting: Bool = {
  guard let fixture = try? ReaderFixture(length: 16_384) else { return false }
  let reader = fixture.reader()
  return reader.read(fixture.blocks()).result == .complete && reader.read(fixture.blocks(), waiting: false).result == .complete
}()
