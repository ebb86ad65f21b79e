import Glibc
import Metainfo
import NIOCore
import TestSupport

@testable import Storage

/// A file of more than a window on disk. What is in it is made once, and compared as memory: loops over ten million bytes would keep the
/// threads that all tests share.
struct WindowFixture {
  static let content: [UInt8] = {
    let words = (0..<UInt64(1_250_000)).map { $0 &* 0x9E37_79B9_7F4A_7C15 }
    return words.withUnsafeBytes { Array($0) } + [7]
  }()

  let folder: TemporaryDirectory
  private let layout: PieceLayout
  private let paths: [[String]]

  /// - Parameter before: the length of another file before it; 0 for none.
  init(before length: Int = 0) throws {
    folder = try TemporaryDirectory("windows")
    let other = length > 0 ? [TorrentFile(path: ["before"], length: Int64(length))] : []
    let files = other + [TorrentFile(path: ["file"], length: Int64(Self.content.count))]
    layout = PieceLayout(files: files, pieceLength: 1 << 20, isFileAligned: false)
    paths = files.map { ["artifact"] + $0.path }
    if length > 0 { try folder.write([UInt8](repeating: 1, count: length), to: "artifact/before") }
    try folder.write(Self.content, to: "artifact/file")
  }

  func reader(cache: DescriptorCache) -> ArtifactReader {
    let identities = paths.map { FileIdentity.of(path: folder.path($0.joined(separator: "/"))) }
    return ArtifactReader(layout: layout, root: folder.path, paths: paths, identities: identities, cache: cache)
  }

  /// All of the file in blocks of 128 KiB.
  func blocks() -> [Block] {
    stride(from: 0, to: Self.content.count, by: 1 << 17).map { begin in
      let length = min(1 << 17, Self.content.count - begin)
      return Block(piece: UInt32(begin >> 20), offset: UInt32(begin & 0xF_FFFF), length: UInt32(length))
    }
  }

  /// Whether the slices are the blocks of the file, one each.
  func holds(_ slices: [ByteBuffer], _ blocks: [Block]) -> Bool {
    guard slices.count == blocks.count else { return false }
    return zip(slices, blocks).allSatisfy { slice, block in
      slice.withUnsafeReadableBytes { shown in
        Self.content.withUnsafeBytes { content in
          guard let shown = shown.baseAddress, let begin = content.baseAddress, slice.readableBytes == Int(block.length) else {
            return false
          }
          return memcmp(shown, begin + Int(block.piece) << 20 + Int(block.offset), Int(block.length)) == 0
        }
      }
    }
  }
}
