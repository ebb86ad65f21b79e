/// Where a torrent's pieces lie in its files. A value; every question about an index or a range is answered without trapping.
///
/// Files follow each other in torrent order, pad files included. In a v2-only torrent, whose files each begin a piece,
/// the gap between a file's end and the next piece belongs to no file and a file's last piece is as long as the file makes it (BEP 52).
public struct PieceLayout: Hashable, Sendable {
  /// Bytes of one file that a block covers.
  public struct Extent: Hashable, Sendable {
    /// The file's index in `files`.
    public let file: Int
    /// Bytes from the file's beginning.
    public let offset: Int64
    /// Length in bytes, at least 1.
    public let length: Int

    public init(file: Int, offset: Int64, length: Int) {
      (self.file, self.offset, self.length) = (file, offset, length)
    }
  }

  /// The files in torrent order, pad files included.
  public let files: [TorrentFile]
  /// Bytes from the torrent's beginning to each file's.
  public let fileOffsets: [Int64]
  /// The length of every piece but the last (and, in v2-only torrents, but each file's last).
  public let pieceLength: Int
  /// The number of pieces.
  public let pieceCount: Int
  /// The bytes that the pieces span, gaps of v2-only torrents included.
  public let span: Int64
  /// Whether files begin pieces without pad files between them (v2-only).
  public let isFileAligned: Bool

  /// The layout of these files. `pieceLength` must be at least 1 and lengths not negative; the torrent decoder has checked both and the sum.
  public init(files: [TorrentFile], pieceLength: Int, isFileAligned: Bool) {
    (self.files, self.pieceLength, self.isFileAligned) = (files, max(1, pieceLength), isFileAligned)
    var offsets: [Int64] = []
    var end: Int64 = 0
    for file in files {
      if isFileAligned, file.length > 0 { end = Self.roundUp(end, Int64(self.pieceLength)) }
      offsets.append(end)
      end += file.length
    }
    (fileOffsets, span) = (offsets, end)
    pieceCount = Int((end + Int64(self.pieceLength) - 1) / Int64(self.pieceLength))
  }

  /// The bytes of all files, pad files excluded.
  public var contentLength: Int64 { files.reduce(0) { $0 + ($1.isPadding ? 0 : $1.length) } }

  /// The length of a piece in bytes; nil where there is no such piece.
  public func length(ofPiece piece: Int) -> Int? {
    guard piece >= 0, piece < pieceCount else { return nil }
    let begin = Int64(piece) * Int64(pieceLength)
    var end = min(begin + Int64(pieceLength), span)
    if isFileAligned, let file = files(in: begin..<end).first {
      end = min(end, fileOffsets[file] + files[file].length)
    }
    return Int(end - begin)
  }

  /// Whether the block lies within its piece and is not empty. Sums are done in 64 bits, so that no peer's numbers overflow.
  public func contains(_ block: Block) -> Bool {
    guard block.length > 0, let length = length(ofPiece: Int(block.piece)) else { return false }
    return UInt64(block.offset) + UInt64(block.length) <= UInt64(length)
  }

  /// The files' bytes that a block covers, in order, pad files included; nil where the block does not lie within its piece.
  public func extents(of block: Block) -> [Extent]? {
    guard contains(block) else { return nil }
    let begin = Int64(block.piece) * Int64(pieceLength) + Int64(block.offset)
    let range = begin..<begin + Int64(block.length)
    return files(in: range).map { file in
      let from = max(range.lowerBound, fileOffsets[file])
      let to = min(range.upperBound, fileOffsets[file] + files[file].length)
      return Extent(file: file, offset: from - fileOffsets[file], length: Int(to - from))
    }
  }

  /// The non-empty files that have a byte in this range of the torrent, ascending.
  public func files(in range: Range<Int64>) -> [Int] {
    var file = firstFile(endingAfter: range.lowerBound)
    var found: [Int] = []
    while file < files.count, fileOffsets[file] < range.upperBound {
      if files[file].length > 0, fileOffsets[file] + files[file].length > range.lowerBound { found.append(file) }
      file += 1
    }
    return found
  }

  /// The pieces that have a byte of the file; nil for an empty file or an index that there is not.
  public func pieces(ofFile file: Int) -> ClosedRange<Int>? {
    guard files.indices.contains(file), files[file].length > 0 else { return nil }
    let begin = fileOffsets[file]
    return Int(begin / Int64(pieceLength))...Int((begin + files[file].length - 1) / Int64(pieceLength))
  }

  private func firstFile(endingAfter offset: Int64) -> Int {
    var (low, high) = (0, files.count)
    while low < high {
      let middle = (low + high) / 2
      if fileOffsets[middle] + files[middle].length > offset { high = middle } else { low = middle + 1 }
    }
    return low
  }

  private static func roundUp(_ value: Int64, _ unit: Int64) -> Int64 { (value + unit - 1) / unit * unit }
}
