import HTTPClient
import Metainfo
import NIOCore
import NIOPosix
import PluginKit
import Storage
import Synchronization

/// Fetching: an artifact in service from its first piece on.
extension SeedEngine {
  /// Begins to fetch an artifact, or goes on with what an earlier run has left, and serves what is there of it meanwhile. What is in doubt is
  /// hashed first: the call waits for that, and for the disk. The delegate is told of the end.
  ///
  /// - Throws: what keeps the staging folder from being made, locked or read.
  package func fetch(_ order: FetchOrder) throws(StorageError) -> FetchBeginning {
    let writer = try ArtifactWriter(torrent: order.torrent, root: order.root, files: order.files, settings: order.settings)
    var left = writer.resume()
    guard !left.isInPlace else { return .isInPlace }
    let right = try Self.check(left.doubtful, writer)
    if !right.isEmpty { try writer.commit(right) }
    for piece in right { left.held[piece] = true }
    try writer.reserve()
    let fetch = ArtifactFetch(order, writer: writer, held: left.held, seed: .random(in: .min ... .max))
    let artifact = SeededArtifact(
      facts: order.facts, torrent: order.torrent, reader: order.makeReader(writer.stagedPaths, [], true), have: left.held)
    let swarm = Swarm(artifact, fetch: fetch)
    core.loader.invalidate(order.facts.id)
    let former = core.swarms.insert(swarm, missing: fetch.bytesLeft)
    if let former { core.retire(former, reason: "the artifact is being fetched", isReplaced: true) }
    fetch.finish(swarm, core)
    startWebSeeds(fetch, swarm)
    return .begun(held: left.held.population)
  }

  private func startWebSeeds(_ fetch: ArtifactFetch, _ swarm: Swarm) {
    guard let settings = fetch.order.webSeeds, !fetch.isOver else { return }
    for url in settings.urls {
      let session = HTTPSession(group: group, security: settings.security, mayFollow: settings.mayFollow)
      let seed = WebSeed(url, fetch, swarm, core, session)
      fetch.keep(
        Task {
          await seed.run()
          session.close()
        })
    }
  }

  private static func check(_ doubtful: Bitfield, _ writer: ArtifactWriter) throws(StorageError) -> [Int] {
    var checker = writer.checker()
    var right: [Int] = []
    for piece in doubtful.pieces where try checker.isRight(piece) { right.append(piece) }
    return right
  }

  /// How the fetch of an artifact stands; nil where it is none, or was replaced.
  package func fetchSnapshot(of id: Int64) -> FetchSnapshot? { core.swarms[id]?.fetch?.snapshot }

  /// Stops a fetch before its end; its peers go. What is there stays for a later run, unless it is to be discarded. Waits for the disk.
  package func endFetch(_ id: Int64, reason: String, discarding: Bool = false) throws(StorageError) {
    guard let fetch = core.swarms[id]?.fetch else { return }
    remove(id, reason: reason)
    fetch.close()
    if discarding { try fetch.writer.discard() }
  }

  /// What is there of each fetch is forced to disk and recorded. `retire`: lets those go that it comes from; by default they are gone.
  func closeFetches(retire: (Swarm) -> Void = { _ in }) async {
    for swarm in core.swarms.live where swarm.isFetching {
      guard let fetch = swarm.fetch else { continue }
      retire(swarm)
      await withCheckedContinuation { continuation in
        core.disk.submit(fetch.device) { submission in
          if submission == .active { fetch.close() }
          continuation.resume()
        }
      }
    }
  }
}
