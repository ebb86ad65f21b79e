/// What a principal has had of an artifact since the last report.
package struct TransferDelta: Hashable, Sendable {
  package let principal: Principal
  package let artifact: ArtifactID
  /// Bytes of blocks; negative counts as 0.
  package private(set) var bytes: Int64
  package private(set) var blocks: Int64
  package private(set) var firstAt: Timestamp
  package private(set) var lastAt: Timestamp

  package init(principal: Principal, artifact: ArtifactID, bytes: Int64, blocks: Int64, firstAt: Timestamp, lastAt: Timestamp) {
    (self.principal, self.artifact) = (principal, artifact)
    (self.bytes, self.blocks) = (max(0, bytes), max(0, blocks))
    (self.firstAt, self.lastAt) = (min(firstAt, lastAt), max(firstAt, lastAt))
  }

  /// Adds another delta of the same principal and artifact. Sums that do not fit stay at the greatest number.
  mutating func add(_ other: TransferDelta) {
    bytes = bytes.addingSaturated(other.bytes)
    blocks = blocks.addingSaturated(other.blocks)
    firstAt = min(firstAt, other.firstAt)
    lastAt = max(lastAt, other.lastAt)
  }
}

extension Int64 {
  /// The sum of two numbers that are not negative, at most `Int64.max`.
  func addingSaturated(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
