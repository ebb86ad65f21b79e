import NIOCore

/// What a tracker answers to an announce.
package struct AnnounceResponse: Hashable, Sendable {
  /// The most peers taken from one answer.
  package static let maximumPeers = 1000

  /// How long to wait until the next announce, as the tracker wishes; not yet held within our bounds.
  package var interval: Duration?
  /// What must not be fallen short of.
  package var minimumInterval: Duration?
  /// Peers that can be dialed: ports other than 0, unicast addresses, IPv4-mapped ones as IPv4.
  package var peers: [SocketAddress]
  /// `complete`: how many peers have everything.
  package var seeders: Int64?
  /// `incomplete`: how many do not.
  package var leechers: Int64?
  /// `warning message`, as the tracker sent it.
  package var warning: String?
  /// `tracker id`, to be sent with later announces.
  package var trackerID: [UInt8]?

  package init(
    interval: Duration? = nil, minimumInterval: Duration? = nil, peers: [SocketAddress] = [], seeders: Int64? = nil,
    leechers: Int64? = nil, warning: String? = nil, trackerID: [UInt8]? = nil
  ) {
    (self.interval, self.minimumInterval, self.peers) = (interval, minimumInterval, peers)
    (self.seeders, self.leechers, self.warning, self.trackerID) = (seeders, leechers, warning, trackerID)
  }

  /// Two answers of one tracker, over IPv4 and IPv6, as one: the longer intervals, all peers.
  package func merged(with other: AnnounceResponse) -> AnnounceResponse {
    var merged = self
    merged.interval = [interval, other.interval].compactMap { $0 }.max()
    merged.minimumInterval = [minimumInterval, other.minimumInterval].compactMap { $0 }.max()
    let known = Set(peers)
    merged.peers += other.peers.filter { !known.contains($0) }
    merged.seeders = [seeders, other.seeders].compactMap { $0 }.max()
    merged.leechers = [leechers, other.leechers].compactMap { $0 }.max()
    merged.warning = warning ?? other.warning
    merged.trackerID = trackerID ?? other.trackerID
    return merged
  }
}
