/// A magnet link (BEP 9, BEP 53): enough of a torrent to ask others for the rest.
package struct Magnet: Hashable, Sendable {
  /// The address of a peer (`x.pe`).
  package struct Peer: Hashable, Sendable {
    /// A host name, or an address; an IPv6 one without its brackets.
    package let host: String
    /// From 1 to 65535.
    package let port: UInt16

    package init(host: String, port: UInt16) {
      (self.host, self.port) = (host, port)
    }
  }

  /// What names the swarm: `btih`, `btmh`, or both.
  package let infoHash: InfoHash
  /// The name to be shown until the metadata is there; not safe as a file's name.
  package let displayName: String?
  /// Announce URLs, without tiers.
  package let trackers: [String]
  /// Web seeds.
  package let webSeeds: [String]
  /// Peers to be asked first.
  package let peers: [Peer]
  /// The files to be fetched (BEP 53), ascending and without overlap; nil for all.
  package let selectedFiles: [ClosedRange<Int>]?

  package init(
    infoHash: InfoHash, displayName: String? = nil, trackers: [String] = [], webSeeds: [String] = [], peers: [Peer] = [],
    selectedFiles: [ClosedRange<Int>]? = nil
  ) {
    (self.infoHash, self.displayName, self.trackers, self.webSeeds) = (infoHash, displayName, trackers, webSeeds)
    (self.peers, self.selectedFiles) = (peers, selectedFiles)
  }
}

/// Why a text is no magnet link, with the place.
package struct MagnetError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The parameter as it stands in the link, `xt` or `so`; empty for the link as a whole.
  package let place: String
  /// What is wrong, for a person.
  package let problem: String

  package var description: String { "magnet link: " + (place.isEmpty ? problem : "\(place): \(problem)") }
}

extension Torrent {
  /// The link by which others can fetch this torrent.
  package var magnet: Magnet {
    Magnet(infoHash: infoHash, displayName: name, trackers: trackers.flatMap { $0 }, webSeeds: webSeeds)
  }
}
