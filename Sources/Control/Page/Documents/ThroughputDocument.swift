/// Throughput over time, for the status page.
package struct ThroughputDocument: Codable, Sendable, Hashable {
  package var schema = "granary.page-throughput/1"
  package let span: String
  /// Seconds of a sample.
  package let step: Int64
  /// Bytes a second, the oldest first and the last one the latest; null where nobody counted.
  package let up: [Int64?]
  package let down: [Int64?]

  package init(span: String, step: Int64, up: [Int64?], down: [Int64?]) {
    (self.span, self.step, self.up, self.down) = (span, step, up, down)
  }
}
