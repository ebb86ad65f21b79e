/// Which of a torrent's trackers are announced to.
package enum AnnounceScope: Hashable, Sendable {
  /// In each tier the first that works (BEP 12's order within the tier).
  case eachTier
  /// All of them, so that whoever knows only one of them finds us.
  case everyTracker
}
