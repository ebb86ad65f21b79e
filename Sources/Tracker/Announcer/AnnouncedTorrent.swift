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

  package init(id: Int64, infoHashes: [SHA1Digest], trackers: [[String]]) {
    (self.id, self.infoHashes, self.trackers) = (id, infoHashes, trackers)
  }
}

/// Who knows a torrent's numbers and wants its peers. Called from the announcer; must return soon.
package protocol AnnounceDelegate: Sendable {
  /// The numbers to announce.
  func statistics(for id: Int64) -> AnnounceStatistics
  /// Peers that a tracker named, in the tracker's order, perhaps with ourselves among them; not yet judged by any policy.
  func found(peers: [SocketAddress], for id: Int64)
  /// The port to announce for a torrent: links of different kinds have listeners of their own. Also asked after the torrent was removed.
  func listenPort(for id: Int64) -> UInt16
}
