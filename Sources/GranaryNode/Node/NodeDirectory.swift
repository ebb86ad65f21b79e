import Control
import Engine
import Inventory
import Metainfo
import NIOPosix
import PluginKit
import Synchronization

/// What the node has, as plugins may ask in the name of a peer. Plugins are made before the node is complete, so it is attached afterwards; it
/// holds the node weakly.
final class NodeDirectory: ArtifactDirectory {
  private struct Attached { weak var node: Node? }

  private let attached = Mutex(Attached())

  func attach(_ node: Node) { attached.withLock { $0.node = node } }

  func standing(of infoHash: [UInt8], for peer: PeerFacts) async -> ArtifactStanding? {
    guard let node = attached.withLock({ $0.node }) else { return nil }
    let found = try? await NIOThreadPool.singleton.runIfActive { try Self.find(infoHash, in: node) }
    guard let (artifact, have) = found ?? nil, Self.isWithinReach(artifact, of: peer) else { return nil }
    let pipeline = node.engine.pipeline
    var facts = peer
    (facts.artifact, facts.infoHash, facts.now) = (artifact, artifact.infoHash.preferredWire, .now)
    facts = pipeline.informed(facts, isConnected: false)
    guard await pipeline.admit(facts).isAllowed else { return nil }
    let grant = pipeline.grant(facts)
    guard grant.scope != nil else { return nil }
    return ArtifactStanding(held: grant.visible(have).population, pieces: artifact.layout.pieceCount)
  }

  /// Who has narrowed its own rights by a token is told nothing: lists are made for those who have all of theirs. The same holds on links of SSL
  /// torrents, which are about nothing else. Where readers have to show a key, a proof by `auth` stands for it here, and nothing else does.
  func catalogue(for peer: PeerFacts) async -> [UInt8]? {
    guard let publishing = attached.withLock({ $0.node })?.publishing, peer.capability == nil, peer.link.certificate?.isTorrent != true,
      !publishing.asksForKey(peer.identities) || peer.identities.contains(where: { $0.trust == Identity.conversationTrust })
    else { return nil }
    let publisher = publishing.publisher
    let reader = CatalogueReader(
      ip: peer.address.ip, port: peer.address.port, identities: peer.identities, certificate: peer.link.certificate)
    return await publisher.catalogue(for: reader)?.bytes
  }

  /// An artifact in service with its verified pieces. Waits for the disk.
  private static func find(_ infoHash: [UInt8], in node: Node) throws -> (facts: ArtifactFacts, have: Bitfield)? {
    let database = node.database
    let named: Artifact?
    if let wire = SHA1Digest(infoHash) {
      named = try database.artifact(wire: wire)
    } else {
      named = try SHA256Digest(infoHash).flatMap { try database.artifact(infoHash: InfoHash(v2: $0)) }
    }
    guard let artifact = named, node.engine.isServing(artifact.id.rawValue),
      let evidence = try database.holding(of: artifact.id).evidence
    else { return nil }
    let torrent = try node.keeper.torrent(of: artifact.id).torrent
    return (ArtifactFacts(artifact, torrent), evidence.pieces)
  }

  /// The authority of an SSL torrent vouches for that torrent alone, and nobody else has it: such a link and such a torrent are about nothing
  /// but each other.
  private static func isWithinReach(_ artifact: ArtifactFacts, of peer: PeerFacts) -> Bool {
    guard artifact.isSSL || peer.link.certificate?.isTorrent == true else { return true }
    return artifact.id == peer.artifact?.id
  }
}
