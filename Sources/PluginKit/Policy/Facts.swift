import Metainfo
import PeerProtocol

/// What policy knows of an artifact.
///
/// A word in size: every connection has several copies.
public struct ArtifactFacts: Sendable {
  private final class Values: Sendable {
    let id: Int64
    let infoHash: InfoHash
    let name: String
    let labels: [String: String]
    let isPrivate: Bool
    let isSSL: Bool
    let layout: PieceLayout

    init(
      id: Int64, infoHash: InfoHash, name: String, labels: [String: String], isPrivate: Bool, isSSL: Bool, layout: PieceLayout
    ) {
      (self.id, self.infoHash, self.name, self.labels) = (id, infoHash, name, labels)
      (self.isPrivate, self.isSSL, self.layout) = (isPrivate, isSSL, layout)
    }
  }

  private let values: Values

  /// The inventory's number for it.
  public var id: Int64 { values.id }
  /// What names its swarms.
  public var infoHash: InfoHash { values.infoHash }
  /// Its name.
  public var name: String { values.name }
  /// The operator's labels.
  public var labels: [String: String] { values.labels }
  /// BEP 27.
  public var isPrivate: Bool { values.isPrivate }
  /// Whether it is an SSL torrent: its info dictionary names the authority that vouches for its peers (`ssl-cert`).
  public var isSSL: Bool { values.isSSL }
  /// Files and pieces.
  public var layout: PieceLayout { values.layout }

  public init(
    id: Int64, infoHash: InfoHash, name: String, labels: [String: String], isPrivate: Bool, isSSL: Bool = false, layout: PieceLayout
  ) {
    values = Values(id: id, infoHash: infoHash, name: name, labels: labels, isPrivate: isPrivate, isSSL: isSSL, layout: layout)
  }
}

/// An authenticated identity: the trust entry that vouched for it, and the name that it proved (`fleet` and `spiffe://corp/edge/7`).
public struct Identity: Sendable, Hashable, Codable, CustomStringConvertible {
  /// The trust entry.
  public let trust: String
  /// The name, with its kind: `spiffe://…`, `dns:…`, `cn:…`, `spki:…`, `key:…`.
  public let name: String

  public init(trust: String, name: String) {
    (self.trust, self.name) = (trust, name)
  }

  public var description: String { "\(trust)/\(name)" }
}

/// What policy knows of a peer at the moment of a question. Later moments know more.
public struct PeerFacts: Sendable {
  /// Who dialed.
  public enum Direction: String, Sendable, Codable { case inbound, outbound }

  /// Where the peer is.
  public var address: PeerAddress
  /// Who dialed.
  public var direction: Direction
  /// The link that the peer is on.
  public var link: PeerLink
  /// Identities that the link or a handshake proved, the strongest first; empty on a plain link.
  public var identities: [Identity]
  /// What the peer has shown that limits it to less than the policy allows; nil where nothing does.
  public var capability: Capability?
  /// The artifact asked about; nil before the handshake, or where the info-hash is none of ours.
  public var artifact: ArtifactFacts?
  /// The info-hash that the handshake names; nil before it.
  public var infoHash: SHA1Digest?
  /// The peer id; nil until the handshake is complete. A claim, not a proof.
  public var peerID: PeerID?
  /// The moment of the question.
  public var now: WallTime
  /// What the peer has had so far; nil where nobody counts.
  public var history: PeerHistory?

  public init(
    address: PeerAddress, direction: Direction, link: PeerLink = .plain, identities: [Identity] = [], artifact: ArtifactFacts? = nil,
    infoHash: SHA1Digest? = nil, peerID: PeerID? = nil, now: WallTime
  ) {
    (self.address, self.direction, self.link, self.identities) = (address, direction, link, identities)
    (self.artifact, self.infoHash, self.peerID, self.now) = (artifact, infoHash, peerID, now)
  }

  /// Who the peer is to the inventory: its first identity, else (weakest) its address without the port.
  public var principal: String { identities.first?.description ?? address.ip.description }
}
