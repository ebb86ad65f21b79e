import Metainfo
import PeerProtocol
import PluginKit

/// What there is to see of one connection.
package struct PeerSnapshot: Sendable {
  package let number: PeerNumber
  package let address: PeerAddress
  package let direction: PeerFacts.Direction
  /// `handshaking`, `active`, `draining`.
  package let phase: String
  package let principal: String
  /// The trust entry that vouched for the peer; nil on a plain link, and until a TLS link stands.
  package let tls: String?
  /// The client's name and version as it claims, escaped.
  package let client: String?
  package let artifact: ArtifactFacts?
  package let isChoked: Bool
  package let isInterested: Bool
  /// Bytes of blocks that the link has taken.
  package let uploaded: Int64
  /// Bytes of blocks that it gave and that were of use.
  package let downloaded: Int64
  /// Requests that wait.
  package let queued: Int
  /// How many pieces the peer has told of.
  package let peerPieces: Int
  /// How long the connection has stood.
  package let age: Duration
  /// What guards are told of it.
  package let facts: PeerFacts
}

extension PeerConnection {
  func snapshot() -> PeerSnapshot {
    let peer = active
    return PeerSnapshot(
      number: number, address: address, direction: direction, phase: phaseName, principal: facts.principal,
      tls: facts.link.certificate?.trust,
      client: facts.peerID?.clientName, artifact: facts.artifact, isChoked: peer?.context.isChoked ?? true,
      isInterested: peer?.context.isInterested ?? false, uploaded: peer?.context.uploaded ?? 0, downloaded: peer?.downloaded ?? 0,
      queued: peer?.waiting ?? 0,
      peerPieces: peer?.session.peerPieceCount ?? 0, age: core.clock.now() - began, facts: facts)
  }

  private var phaseName: String {
    switch phase {
    case .admitting, .handshaking, .conversing: "handshaking"
    case .active: "active"
    case .draining: "draining"
    case .closed: "closed"
    }
  }
}
