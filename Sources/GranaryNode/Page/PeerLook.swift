import Control
import Engine
import Inventory
import PluginKit

/// The peers as the status page shows them: their loops are asked once a second at most, however many look and whatever they search for.
actor PeerLook {
  private let engine: SeedEngine
  private var made: (at: ContinuousClock.Instant, peers: [PagePeer])?
  private var making: Task<[PagePeer], Never>?
  private var rates = RateBook<UInt64>()
  /// When each link came to stand. Made once: age and clock, added up anew, would differ from look to look.
  private var since: [UInt64: String] = [:]

  private static let freshness = Duration.milliseconds(950)

  init(engine: SeedEngine) {
    self.engine = engine
  }

  func peers(at moment: ContinuousClock.Instant) async -> [PagePeer] {
    if let made, moment - made.at < Self.freshness { return made.peers }
    if let making { return await making.value }
    let task = Task { await look() }
    making = task
    return await task.value
  }

  private func look() async -> [PagePeer] {
    let snapshots = await engine.peers()
    let (now, wall) = (ContinuousClock.now, Timestamp.now())
    let counts = snapshots.map { ($0.number, RateBook<UInt64>.Count(up: $0.uploaded, down: $0.downloaded)) }
    let rates = rates.rates(Dictionary(counts) { $1 }, at: now)
    let former = since
    since = Dictionary(snapshots.map { ($0.number, former[$0.number] ?? wall.advanced(by: .zero - $0.age).iso8601) }) { $1 }
    let peers = snapshots.map { PagePeer($0, rates[$0.number], since: since[$0.number] ?? wall.iso8601) }
    (made, making) = ((now, peers), nil)
    return peers
  }
}

extension PagePeer {
  init(_ peer: PeerSnapshot, _ rate: RateBook<UInt64>.Rate?, since: String) {
    self.init(
      number: peer.number, address: peer.address.description, direction: peer.direction.rawValue, phase: peer.phase,
      principal: peer.principal, tls: peer.tls, client: peer.client, artifact: peer.artifact?.name, choked: peer.isChoked,
      interested: peer.isInterested, queued: peer.queued, held: peer.peerPieces, pieces: peer.artifact?.layout.pieceCount ?? 0,
      uploaded: peer.uploaded, downloaded: peer.downloaded, up: rate?.up, down: rate?.down, since: since)
  }
}
