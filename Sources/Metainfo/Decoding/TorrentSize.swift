/// Adds up files' lengths, so that nothing overflows and no limit is passed.
struct TorrentSize {
  private let limits: TorrentLimits
  private let pieceLength: Int64
  private let isFileAligned: Bool
  private(set) var total: Int64 = 0

  init(limits: TorrentLimits, pieceLength: Int, isFileAligned: Bool) {
    (self.limits, self.pieceLength, self.isFileAligned) = (limits, Int64(pieceLength), isFileAligned)
  }

  mutating func add(_ length: Int64, at place: @autoclosure () -> String) throws(TorrentError) {
    guard length >= 0 else { throw TorrentError(.badValue, at: place(), "\(length) is less than nothing") }
    // The limits on size and piece length keep these sums far from the end of 64 bits.
    let begin = isFileAligned && length > 0 ? roundedUp(total) : total
    guard length <= limits.size, begin <= limits.size - length else {
      throw TorrentError(.tooLarge, at: place(), "the files are more than \(limits.size) bytes in all")
    }
    total = begin + length
    guard roundedUp(total) / pieceLength <= Int64(limits.pieces) else {
      throw TorrentError(.tooLarge, at: place(), "the files make more than \(limits.pieces) pieces")
    }
  }

  func checkNotEmpty(at place: String) throws(TorrentError) {
    guard total > 0 else { throw TorrentError(.empty, at: place, "there is not a byte of content") }
  }

  private func roundedUp(_ value: Int64) -> Int64 { (value + pieceLength - 1) / pieceLength * pieceLength }
}
