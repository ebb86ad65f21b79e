/// What a scrape tells of one swarm (BEP 48).
package struct SwarmCounts: Hashable, Sendable {
  /// Peers that have everything.
  package let seeders: Int64
  /// Peers that do not.
  package let leechers: Int64
  /// How many peers have ever finished.
  package let downloads: Int64

  package init(seeders: Int64, leechers: Int64, downloads: Int64) {
    (self.seeders, self.leechers, self.downloads) = (seeders, leechers, downloads)
  }
}
