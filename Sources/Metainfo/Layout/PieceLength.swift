/// Which piece lengths are taken, and which is chosen.
enum PieceLength {
  /// The shortest that v1 torrents may have here.
  static let shortest = 1 << 10
  /// The longest of all.
  static let longest = 512 << 20
  /// The longest that is chosen for a torrent of ours.
  static let longestChosen = 16 << 20

  /// Throws where a torrent of this version cannot have pieces of this length.
  static func check(_ length: Int64, version: TorrentVersion, at place: String) throws(TorrentError) -> Int {
    guard length >= shortest, length <= longest else {
      throw TorrentError(.badValue, at: place, "\(length) is not between 1 KiB and 512 MiB")
    }
    guard !version.hasV2 || (length >= Block.standardLength && length.nonzeroBitCount == 1) else {
      throw TorrentError(.badValue, at: place, "\(length) is not a power of two of at least 16 KiB, as BEP 52 demands")
    }
    return Int(length)
  }

  /// The length chosen for so many bytes: the shortest power of two from 16 KiB to 16 MiB that makes no more than 2048 pieces.
  static func chosen(forContent length: Int64) -> Int {
    var pieceLength = Block.standardLength
    while pieceLength < longestChosen, length > Int64(pieceLength) * 2048 { pieceLength *= 2 }
    return pieceLength
  }
}
