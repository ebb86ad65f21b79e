/// Prometheus' text format, version 0.0.4. Written here and not with swift-metrics: what is shown stands in the node's own documents already,
/// and is gathered when it is asked for; a second set of counters beside them, fed at each event, would cost more and say the same.
package enum MetricsText {
  /// The families in their order; of two samples with the same labels the first counts, and a family without samples is left out.
  package static func encode(_ families: [MetricFamily]) -> [UInt8] {
    var text = ""
    text.reserveCapacity(families.count * 256)
    var seen: Set<String> = []
    for family in families where !family.samples.isEmpty && seen.insert(family.name).inserted { write(family, to: &text) }
    return Array(text.utf8)
  }

  private static func write(_ family: MetricFamily, to text: inout String) {
    text += "# HELP \(family.name) \(escaped(family.help, quotes: false))\n# TYPE \(family.name) \(family.kind.rawValue)\n"
    var seen: Set<[MetricFamily.Label]> = []
    for sample in family.samples where seen.insert(sample.labels).inserted {
      let labels = sample.labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",")
      text += family.name + (labels.isEmpty ? "" : "{\(labels)}") + " " + sample.value.text + "\n"
    }
  }

  /// Backslashes and line ends are escaped, and in values quotation marks too.
  private static func escaped(_ text: String, quotes: Bool) -> String {
    guard text.utf8.contains(where: { $0 == 0x5C || $0 == 0x0A || (quotes && $0 == 0x22) }) else { return text }
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"" where quotes: escaped += "\\\""
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
