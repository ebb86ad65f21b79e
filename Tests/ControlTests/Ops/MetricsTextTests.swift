import Testing

@testable import Control

@Suite struct MetricsTextTests {
  private func text(_ families: MetricFamily...) -> String { String(decoding: MetricsText.encode(families), as: UTF8.self) }

  @Test func `a family is its help, its type and its samples`() {
    #expect(
      text(
        .counter("a_total", "How many.", MetricValue(7)),
        .gauge(
          "b_bytes", "How much.",
          samples: [.init(MetricValue(1.5), .init("x", "1"), .init("y", "z")), .init(MetricValue(true), .init("x", "2"))])) == """
          # HELP a_total How many.
          # TYPE a_total counter
          a_total 7
          # HELP b_bytes How much.
          # TYPE b_bytes gauge
          b_bytes{x="1",y="z"} 1.5
          b_bytes{x="2"} 1

          """)
  }

  @Test func `what would end a value or a line is escaped`() {
    let family = MetricFamily.gauge("a", "b\\c\nd\"e", samples: [.init(MetricValue(0), .init("l", "q\"b\\n\nü\r"))])
    #expect(text(family) == "# HELP a b\\\\c\\nd\"e\n# TYPE a gauge\na{l=\"q\\\"b\\\\n\\nü\r\"} 0\n")
  }

  @Test(arguments: [
    (MetricValue(Int64.max), "9223372036854775807"), (MetricValue(UInt64.max), "9223372036854775807"), (MetricValue(-1), "-1"),
    (MetricValue(Double.nan), "NaN"), (MetricValue(Double.infinity), "+Inf"), (MetricValue(-Double.infinity), "-Inf"),
    (MetricValue(1.7e9), "1700000000.0"), (MetricValue(1e-9), "1e-09"), (MetricValue(false), "0"),
  ])
  func `numbers are written so that they are read`(value: MetricValue, written: String) {
    #expect(value.text == written)
  }

  @Test func `nothing stands twice, and what has no sample not at all`() {
    let twice = MetricFamily.gauge("a", "h", samples: [.init(MetricValue(1), .init("l", "x")), .init(MetricValue(2), .init("l", "x"))])
    #expect(text(twice, twice, .counter("b_total", "h", samples: [])) == "# HELP a h\n# TYPE a gauge\na{l=\"x\"} 1\n")
  }
}
