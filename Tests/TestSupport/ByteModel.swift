import Metainfo
import PluginKit

/// A torrent small enough to be looked at byte by byte: what scopes are checked against.
package struct ByteModel {
  package let layout: PieceLayout
  /// For each byte of the torrent's span its file; nil for the gaps of file-aligned torrents.
  package let owners: [Int?]

  /// The model of a layout whose bytes fit in memory many times over.
  package init(_ layout: PieceLayout) {
    self.layout = layout
    var owners = [Int?](repeating: nil, count: Int(layout.span))
    for (index, file) in layout.files.enumerated() {
      for byte in 0..<Int(file.length) { owners[Int(layout.fileOffsets[index]) + byte] = index }
    }
    self.owners = owners
  }

  /// A torrent of up to eight files, some of them empty, some of them padding.
  package static func random(_ generator: inout SeededGenerator) -> ByteModel {
    let files = (0..<Int.random(in: 1...8, using: &generator)).map { index in
      TorrentFile(
        path: ["d\(index % 3)", "f\(index)"], length: Int64.random(in: 0...14, using: &generator),
        isPadding: Int.random(in: 0..<5, using: &generator) == 0)
    }
    return ByteModel(
      PieceLayout(files: files, pieceLength: Int.random(in: 3...9, using: &generator), isFileAligned: Bool.random(using: &generator)))
  }

  /// The files of a block's bytes, pad files and gaps left out; nil where the block is not within its piece.
  package func content(of block: Block) -> [Int]? {
    guard layout.contains(block) else { return nil }
    let begin = Int(block.piece) * layout.pieceLength + Int(block.offset)
    return owners[begin..<begin + Int(block.length)].compactMap { $0 }.filter { !layout.files[$0].isPadding }
  }

  /// The whole piece as one block.
  package func block(ofPiece piece: Int) -> Block {
    Block(piece: UInt32(piece), offset: 0, length: UInt32(layout.length(ofPiece: piece) ?? 0))
  }

  /// Every block of every piece, and some that lie beyond.
  package var blocks: [Block] {
    (0...layout.pieceCount).flatMap { piece in
      (0...layout.pieceLength).flatMap { offset in
        (0...layout.pieceLength + 1 - offset).map { Block(piece: UInt32(piece), offset: UInt32(offset), length: UInt32($0)) }
      }
    }
  }
}

extension Bitfield {
  /// A random set.
  package static func random(count: Int, _ generator: inout SeededGenerator) -> Bitfield {
    var set = Bitfield(count: count)
    for index in 0..<count { set[index] = Bool.random(using: &generator) }
    return set
  }
}

extension Bitfield {
  /// A set of these pieces.
  package init(count: Int, pieces: some Sequence<Int>) {
    self.init(count: count)
    for piece in pieces { self[piece] = true }
  }
}
