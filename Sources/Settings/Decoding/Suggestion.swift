/// Finds the word that was meant.
enum Suggestion {
  /// The candidate that is closest to the word; nil where none is close. Case, `_` and `-` make no difference.
  static func closest(to word: String, among candidates: some Collection<String>) -> String? {
    guard word.utf8.count <= 64 else { return nil }
    let wanted = folded(word)
    let allowed = max(1, wanted.count / 3)
    let rated = candidates.map { (distance: distance(wanted, folded($0)), word: $0) }
    return rated.filter { $0.distance <= allowed }.min { ($0.distance, $0.word) < ($1.distance, $1.word) }?.word
  }

  private static func folded(_ word: String) -> [UInt8] {
    word.lowercased().utf8.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0 }
  }

  /// Insertions, deletions, replacements and swaps of neighbours that make one word of the other (optimal string alignment).
  static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...other.count)
    for (row, byte) in one.enumerated() {
      var current = [row + 1]
      for (column, candidate) in other.enumerated() {
        var best = min(last[column] + (byte == candidate ? 0 : 1), last[column + 1] + 1, current[column] + 1)
        if row > 0, column > 0, byte == other[column - 1], one[row - 1] == candidate {
          best = min(best, beforeLast[column - 1] + 1)
        }
        current.append(best)
      }
      (beforeLast, last) = (last, current)
    }
    return last[other.count]
  }
}
