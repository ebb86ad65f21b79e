import PluginKit

/// A peer that has announced itself.
struct SwarmPeer: Sendable {
  let address: Endpoint
  var peerID: PeerID
  let link: PeerLink
  let identities: [Identity]
  var standing: PeerStanding
  /// When it was last heard of, in seconds of the tracker's clock.
  var seen: Int64

  var listed: ListedPeer { ListedPeer(address: address, peerID: peerID) }
  var owner: Owner { Owner(ip: address.ip, identities: identities) }

  /// What policy is asked when it must be asked again.
  func facts(_ artifact: ArtifactFacts, now: WallTime) -> PeerFacts {
    var facts = TrackerAsker(ip: address.ip, link: link, identities: identities).facts(port: address.port, peerID: peerID, now: now)
    (facts.artifact, facts.infoHash) = (artifact, artifact.infoHash.preferredWire)
    return facts
  }

  /// Whom the peer counts against: the strongest identity, else the address.
  enum Owner: Hashable, Sendable {
    case identity(Identity)
    case address(IPAddress)

    init(ip: IPAddress, identities: [Identity]) {
      self = identities.first.map { .identity($0) } ?? .address(ip)
    }
  }
}
