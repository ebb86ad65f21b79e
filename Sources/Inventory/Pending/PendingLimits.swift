/// How much of what no rule is about is kept.
package struct PendingLimits: Hashable, Sendable {
  /// Wishes in all; those that were not repeated for the longest time go first.
  package var rows = 1000
  /// Wishes of one identity: one that asks for everything pushes nobody else out.
  package var perIdentity = 32
  /// Wishes that were not repeated for so long go.
  package var quiet = Duration.seconds(30 * 86_400)

  package init() {}
}
