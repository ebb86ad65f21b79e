extension StatusDocument {
  /// The tracker that is embedded in the node.
  package struct OwnTracker: Codable, Sendable, Hashable {
    /// An address that it is asked at.
    package struct Listener: Codable, Sendable, Hashable {
      package let address: String
      package let port: Int
      /// `http` or `udp`.
      package let speaks: String

      package init(address: String, port: Int, speaks: String) {
        (self.address, self.port, self.speaks) = (address, port, speaks)
      }

      enum CodingKeys: String, CodingKey {
        case address, port
        case speaks = "protocol"
      }
    }

    package let listeners: [Listener]
    /// Artifacts that it knows, swarms that have peers, peers, and how many of these have everything; the node itself is in none of them.
    package let artifacts: Int
    package let swarms: Int
    package let peers: Int
    package let seeders: Int
    /// Announces and scrapes that were answered since the start, what was refused, and peers that there was no room for.
    package let announces: Int
    package let scrapes: Int
    package let refused: Int
    package let turnedAway: Int

    package init(
      listeners: [Listener], artifacts: Int, swarms: Int, peers: Int, seeders: Int, announces: Int, scrapes: Int, refused: Int,
      turnedAway: Int
    ) {
      (self.listeners, self.artifacts, self.swarms, self.peers) = (listeners, artifacts, swarms, peers)
      (self.seeders, self.announces, self.scrapes, self.refused, self.turnedAway) = (seeders, announces, scrapes, refused, turnedAway)
    }

    enum CodingKeys: String, CodingKey {
      case listeners, artifacts, swarms, peers, seeders, announces, scrapes, refused
      case turnedAway = "turned_away"
    }
  }
}
