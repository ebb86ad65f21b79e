import Metainfo
import PluginKit
import Storage

/// What a magnet link does not say, from peers that have it (BEP 9).
extension SeedEngine {
  /// Puts what is only named in service, so that peers can be dialed for the order's number; `metadata(of:)` is to follow.
  package func beginMetadata(_ order: MetadataOrder) {
    let fetch = MetadataFetch(order.infoHash)
    let swarm = Swarm(Self.nameless(order), metadata: fetch)
    core.loader.invalidate(order.id)
    // Nobody knows how much is missing.
    let former = core.swarms.insert(swarm, missing: Int64(Block.standardLength))
    if let former { core.retire(former, reason: "its metadata is being fetched", isReplaced: true) }
  }

  /// Asks peers for the torrent that the order's info-hashes name, until it is there or the task is cancelled. Peers are those that are dialed
  /// meanwhile, and those that come by themselves.
  ///
  /// - Throws: `MetadataFailure` where what they give is the link's and cannot be used, or where the wait has ended.
  package func metadata(of order: MetadataOrder) async throws(MetadataFailure) -> Torrent {
    guard let fetch = core.swarms[order.id]?.metadata else { throw MetadataFailure("nobody asks for its metadata") }
    defer { remove(order.id, reason: "its metadata is there") }
    let outcome = await withTaskCancellationHandler {
      await fetch.outcome()
    } onCancel: {
      fetch.cancel("the wait for its metadata has ended")
    }
    return try outcome.get()
  }

  /// An artifact without a piece: what a swarm of peers is about until more is known.
  private static func nameless(_ order: MetadataOrder) -> SeededArtifact {
    let nothing = MetadataOrder.nothing
    let torrent = Torrent(
      infoHash: order.infoHash, name: order.name, isSingleFile: false, layout: nothing, isPrivate: true, source: nil, trackers: [],
      webSeeds: [], infoBytes: [], pieceHashes: [], pieceLayers: [:])
    let reader = ArtifactReader(layout: nothing, root: "/", paths: [], identities: [], cache: DescriptorCache(capacity: 1))
    return SeededArtifact(facts: order.facts, torrent: torrent, reader: reader, have: Bitfield(count: 0))
  }
}
