import Metainfo

/// The non-empty files of a layout as a flat table, so that finding a block's file allocates nothing.
struct FileSpans: Sendable {
  /// Where one file lies in the torrent's bytes.
  struct Span {
    /// Bytes from the torrent's beginning to the file's.
    let begin: Int64
    /// Bytes from the torrent's beginning to the file's end.
    let end: Int64
    /// The index in the layout's files.
    let file: Int
    /// Whether it is a pad file: zeroes that are not on disk.
    let isPadding: Bool
  }

  /// Ascending, not overlapping; between those of a v2-only torrent there are gaps.
  let spans: [Span]
  private let pieceLength: Int64
  private let pieceCount: Int
  private let total: Int64
  private let isFileAligned: Bool

  init(_ layout: PieceLayout) {
    spans = zip(layout.files, layout.fileOffsets).enumerated().compactMap { index, entry in
      let (file, offset) = entry
      guard file.length > 0 else { return nil }
      return Span(begin: offset, end: offset + file.length, file: index, isPadding: file.isPadding)
    }
    (pieceLength, pieceCount, total) = (Int64(layout.pieceLength), layout.pieceCount, layout.span)
    isFileAligned = layout.isFileAligned
  }

  /// The place in `spans` of the one that holds this byte of the torrent; `hint` is tried first. Nil in a gap or beyond the end.
  func index(at offset: Int64, near hint: Int = 0) -> Int? {
    if hint < spans.count, spans[hint].begin <= offset, offset < spans[hint].end { return hint }
    var (low, high) = (0, spans.count)
    while low < high {
      let middle = (low + high) / 2
      if spans[middle].end > offset { high = middle } else { low = middle + 1 }
    }
    guard low < spans.count, spans[low].begin <= offset else { return nil }
    return low
  }

  /// The bytes of the torrent that the piece covers; nil where there is no such piece.
  func range(ofPiece piece: Int, near hint: Int = 0) -> Range<Int64>? {
    guard piece >= 0, piece < pieceCount else { return nil }
    let begin = Int64(piece) * pieceLength
    var length = min(pieceLength, total - begin)
    if isFileAligned {
      guard let index = index(at: begin, near: hint) else { return nil }
      length = min(length, spans[index].end - begin)
    }
    return length > 0 ? begin..<begin + length : nil
  }

  /// The byte of the torrent where the block begins; nil where it does not lie within its piece or is empty.
  func begin(of block: Block, near hint: Int) -> Int64? {
    guard let range = range(ofPiece: Int(block.piece), near: hint) else { return nil }
    let end = Int64(block.offset) + Int64(block.length)
    return block.length > 0 && end <= range.upperBound - range.lowerBound ? range.lowerBound + Int64(block.offset) : nil
  }
}
