import Metainfo
import NIOCore

/// A torrent to be announced.
package struct AnnouncedTorrent: Hashable, Sendable {
  /// The caller's name for it.
  package let id: Int64
  /// The info-hashes in their wire form; each is announced, so that a hybrid torrent is found in both of its swarms.
  package let infoHashes: [SHA1Digest]
  /// Tiers of announce URLs (BEP 12). The caller has left out those that it does not wish to be announced to: a foreign torrent may name
  /// any host.
  package let trackers: [[String]]
  /// Where peers find it, the most important first: each is announced. Without one nothing is announced.
  package let places: [AnnouncedPlace]

  package init(id: Int64, infoHashes: [SHA1Digest], trackers: [[String]], places: [AnnouncedPlace]) {
    (self.id, self.infoHashes, self.trackers, self.places) = (id, infoHashes, trackers, places)
  }
}

/// Who knows a torrent's numbers and wants its peers. Called from the announcer; must return soon.
package protocol AnnounceDelegate: Sendable {
  /// The numbers to announce.
  func statistics(for id: Int64) -> AnnounceStatistics
  /// Peers that a tracker named, in the tracker's order, perhaps with ourselves among them; not yet judged by any policy.
  func found(peers: [SocketAddress], for id: Int64)
  /// The port of what listens at a place. Also asked after the torrents that are found there were removed.
  func listenPort(of listener: Int) -> UInt16
}
