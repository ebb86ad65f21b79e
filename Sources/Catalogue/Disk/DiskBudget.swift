/// How much may lie on the disk, and what goes where it is more.
///
/// Past `high` percent of the most, artifacts go until there are no more than `low` percent. A fetch that would lead past `high` begins only
/// where something of less worth can make room for it: what no rule wants any more, or an older version of a family than it is of its own.
/// What goes for a fetch is never worth more than it, so that two artifacts cannot push each other out in turn.
package struct DiskBudget: Hashable, Sendable {
  /// Bytes.
  package let most: Int64
  /// Percent of it: 1 ... 100, `low` at most `high`.
  package let high: Int
  package let low: Int
  /// The newest versions of each family that stay in any case.
  package let keep: Int

  package init(most: Int64, high: Int = 95, low: Int = 90, keep: Int = 1) {
    self.most = max(0, most)
    self.high = min(max(1, high), 100)
    self.low = min(max(1, low), self.high)
    self.keep = max(0, keep)
  }

  /// Bytes up to which nothing happens.
  package var ceiling: Int64 { share(high) }
  /// Bytes that are left where something happens.
  package var floor: Int64 { share(low) }

  private func share(_ percent: Int) -> Int64 {
    // Divided first: no number of bytes overflows, and a hundredth of a byte does not matter.
    most / 100 * Int64(percent) + most % 100 * Int64(percent) / 100
  }
}

/// What the budget says to a plan of the mirror's.
package struct DiskPlan: Hashable, Sendable {
  package struct Eviction: Hashable, Sendable {
    package let artifact: HeldArtifact
    package let reason: String
  }

  package struct Refusal: Hashable, Sendable {
    package let fetch: MirrorPlan.Fetch
    package let reason: String
  }

  /// In the order in which they go.
  package var evictions: [Eviction] = []
  /// Those that may begin, in the plan's order.
  package var admitted: [MirrorPlan.Fetch] = []
  package var refused: [Refusal] = []
  /// Bytes that are used once all of this is done.
  package var used: Int64 = 0

  package init() {}
}
