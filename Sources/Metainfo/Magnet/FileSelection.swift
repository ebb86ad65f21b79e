/// The `so` parameter of a magnet link (BEP 53): indices and ranges of files, as in `0,2,4,6-8`.
enum FileSelection {
  /// The highest index that is taken.
  static let highest = 10_000_000

  /// The ranges, ascending, joined where they touch or overlap.
  static func parse(_ text: String) throws(MagnetError) -> [ClosedRange<Int>] {
    var ranges: [ClosedRange<Int>] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      ranges.append(try range(part))
    }
    return joined(ranges)
  }

  private static func range(_ text: Substring) throws(MagnetError) -> ClosedRange<Int> {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map(index)
    guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first <= last else {
      throw MagnetError(place: "so", problem: "\(shown(text.utf8)) is neither a file's index nor a range of them")
    }
    return first...last
  }

  private static func index(_ digits: Substring) -> Int? {
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let index = Int(digits) else { return nil }
    return index <= highest ? index : nil
  }

  private static func joined(_ ranges: [ClosedRange<Int>]) -> [ClosedRange<Int>] {
    var joined: [ClosedRange<Int>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      guard let last = joined.last, range.lowerBound <= last.upperBound + 1 else {
        joined.append(range)
        continue
      }
      joined[joined.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
    }
    return joined
  }
}
