internal import PluginKit

/// A piece or a range of pieces as settings have it: `120` or `"0-99"`, both ends included.
struct PieceRangeSettings: Decodable, Sendable {
  let text: String

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let piece = try? container.decode(Int.self) {
      text = String(piece)
    } else {
      text = try container.decode(String.self)
    }
  }
}

/// Pieces by their numbers, as ascending ranges that do not touch.
struct PieceRanges: Sendable, Hashable {
  let ranges: [ClosedRange<Int>]

  init(_ ranges: some Sequence<ClosedRange<Int>>) {
    var merged: [ClosedRange<Int>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = merged.last, range.lowerBound - 1 <= last.upperBound {
        merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    self.ranges = merged
  }

  /// Whether a piece is in a range.
  func contains(_ piece: Int) -> Bool {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < piece { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].contains(piece)
  }

  /// The range that the text names; nil for anything else. Numbers are at most 2^32 - 1, as on the wire.
  static func parse(_ text: String) -> ClosedRange<Int>? {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map(number)
    guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1], first <= last else { return nil }
    return first...last
  }

  private static func number(_ text: Substring) -> Int? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return UInt32(text).map(Int.init)
  }
}
