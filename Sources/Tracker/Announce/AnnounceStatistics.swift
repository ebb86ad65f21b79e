/// A torrent's numbers as trackers want them, in bytes; negative ones are taken as 0.
package struct AnnounceStatistics: Hashable, Sendable {
  /// Sent to peers since the start.
  package let uploaded: Int64
  /// Received from peers since the start.
  package let downloaded: Int64
  /// Missing until everything is there; 0 for a full seed.
  package let left: Int64

  package init(uploaded: Int64, downloaded: Int64, left: Int64) {
    (self.uploaded, self.downloaded, self.left) = (max(0, uploaded), max(0, downloaded), max(0, left))
  }
}
