import PluginKit
import Synchronization

/// What came of reading the configuration again. A start counts as a success.
struct ReloadTally: Sendable {
  private(set) var succeeded: Int64 = 0
  private(set) var failed: Int64 = 0
  private(set) var isLastGood = true
  /// When the configuration that is in force was taken.
  private(set) var takenAt: WallTime

  init(startedAt: WallTime) {
    takenAt = startedAt
  }

  mutating func note(_ isGood: Bool, at now: WallTime) {
    if isGood { (succeeded, takenAt) = (succeeded + 1, now) } else { failed += 1 }
    isLastGood = isGood
  }
}
