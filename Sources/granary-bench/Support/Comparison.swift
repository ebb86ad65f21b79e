/// Variants of the same work, measured in turn for a number of rounds. The first is the baseline of the ratios.
struct Comparison {
  struct Variant {
    let name: String
    /// Does the work once and gives the figure.
    let measure: () throws -> Double
  }

  let title: String
  /// The unit of the figures.
  let unit: String
  let decimals: Int
  let variants: [Variant]

  /// Measures and prints; gives the medians in the variants' order.
  @discardableResult
  func run(rounds: Int) throws -> [Double] {
    var figures = [Figures](repeating: Figures(), count: variants.count)
    // The first run of each pays for page faults and cold caches.
    for variant in variants { consume(try variant.measure()) }
    for _ in 0..<rounds {
      for (index, variant) in variants.enumerated() { figures[index].add(try variant.measure()) }
    }
    Table(title: title, baseline: figures.first, decimals: decimals, unit: unit)
      .show(zip(variants, figures).map { ($0.name, $1) })
    return figures.compactMap(\.median)
  }
}

/// Prints variants with their figures and the ratio of each to the baseline.
struct Table {
  let title: String
  let baseline: Figures?
  let decimals: Int
  let unit: String

  func show(_ rows: [(name: String, figures: Figures)]) {
    print("\(title), \(unit)")
    let names = rows.map(\.name.count).max() ?? 0
    let texts = rows.map { $0.figures.text(decimals: decimals) }
    let width = texts.map(\.count).max() ?? 0
    for (row, text) in zip(rows, texts) {
      let name = row.name.padded(to: names)
      print("  \(name)  \(text.padded(to: width))  \(ratio(row.figures))")
    }
  }

  private func ratio(_ figures: Figures) -> String {
    guard let own = figures.median, let base = baseline?.median, base > 0 else { return "" }
    return "x\((own / base).text(2))"
  }
}

extension String {
  func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
