import PluginKit

/// Where we are reached, as far as a tracker cannot see it from where the announce comes: behind NAT, or at a port of the host's.
package struct AnnouncedReach: Hashable, Sendable {
  /// How peers of one family come to us.
  package struct Way: Hashable, Sendable {
    /// Nil: at the address that the tracker sees.
    package var ip: IPAddress?
    /// Nil: at the port that we listen at.
    package var port: UInt16?

    package init(ip: IPAddress? = nil, port: UInt16? = nil) {
      (self.ip, self.port) = (ip, port)
    }
  }

  package var v4: Way
  package var v6: Way

  package init(v4: Way = Way(), v6: Way = Way()) {
    (self.v4, self.v6) = (v4, v6)
  }

  package func way(of family: IPAddress.Family) -> Way { family == .v4 ? v4 : v6 }

  /// The addresses that peers come to, where that is said, with the port that we listen at where no other is.
  package func places(listeningAt port: UInt16) -> [Endpoint] {
    [v4, v6].compactMap { way in way.ip.map { Endpoint(ip: $0, port: way.port ?? port) } }
  }
}

/// One of the places where peers find us: an announce has room for one port, so that each is announced by itself.
package struct AnnouncedPlace: Hashable, Sendable {
  /// The caller's number for what listens there.
  package let listener: Int
  package let reach: AnnouncedReach

  package init(listener: Int, reach: AnnouncedReach = AnnouncedReach()) {
    (self.listener, self.reach) = (listener, reach)
  }
}

/// What trackers know our places by. Some have one port for each peer id, so each place has its own; the first has the id that peers are shown.
package enum PlaceIdentity {
  /// The peer id of the place of this number, from 0.
  package static func peerID(_ peerID: [UInt8], ofPlace place: Int) -> [UInt8] {
    guard let last = peerID.last else { return peerID }
    return peerID.dropLast() + [last &+ UInt8(truncatingIfNeeded: place)]
  }
}
