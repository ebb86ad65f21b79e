/// How a fetch stands.
package struct FetchSnapshot: Sendable, Hashable {
  package enum Stage: Sendable, Hashable {
    case fetching
    /// Everything that is wanted is there: it is being put into its place.
    case finishing
    case complete
    /// It cannot go on; the reason.
    case failed(String)
  }

  package let stage: Stage
  /// Pieces that are there and right, and those that are wanted.
  package let held: Int
  package let wanted: Int
  /// Bytes that are wanted and not there, and wanted in all.
  package let bytesLeft: Int64
  package let bytesWanted: Int64
  /// Bytes of blocks that came and were of use, and those that were not: had already, thrown away, or of pieces that failed.
  package let downloaded: Int64
  package let wasted: Int64
  /// Pieces that failed their check.
  package let failedPieces: Int
  /// Peers that we ask, and those of them that serve us.
  package let peers: Int
  package let serving: Int
  /// Why nothing can be written just now; nil where it can.
  package let trouble: String?
}
