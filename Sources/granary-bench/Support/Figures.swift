/// The figures of one variant over the rounds.
struct Figures {
  private(set) var values: [Double] = []

  mutating func add(_ value: Double) { values.append(value) }

  /// The median; nil where nothing was measured.
  var median: Double? {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return nil }
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
  }

  /// The median with the least and the greatest.
  func text(decimals: Int) -> String {
    guard let median, let least = values.min(), let greatest = values.max() else { return "-" }
    return "\(median.text(decimals)) (\(least.text(decimals))-\(greatest.text(decimals)))"
  }
}

extension Double {
  /// Fixed-point text.
  func text(_ decimals: Int) -> String {
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    guard isFinite, abs(self) * scale < 1e15 else { return "-" }
    let digits = String(Int((abs(self) * scale).rounded()))
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    let sign = self < 0 && padded.contains { $0 != "0" } ? "-" : ""
    return decimals == 0 ? sign + padded : sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
  }
}
