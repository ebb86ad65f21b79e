import Control
import Engine
import Inventory
import Logging
import Metainfo
import NIOPosix
import PluginKit
import Settings
import Tracker

/// Magnet links: the torrent is had from peers, and then fetched like any other.
extension Node {
  func fetch(magnet link: String, _ submission: FetchSubmission) throws -> FetchDocument {
    let magnet = try Magnet.parse(link)
    try RootsPolicy(roots: settings.artifacts.roots).check(submission.root)
    if let known = try database.artifact(infoHash: magnet.infoHash) {
      let (torrent, bytes) = try keeper.torrent(of: known.id)
      return try fetchDocument(try fetch(torrent, bytes, submission).id)
    }
    if let id = magnets.begin(magnet, root: submission.root) {
      magnets.set(Task { await resolve(magnet, submission, as: id) }, of: magnet.infoHash)
    }
    return try magnets.document(magnet.infoHash.shown) ?? fetchDocument(try database.find(magnet.infoHash.shown).id)
  }

  private func resolve(_ magnet: Magnet, _ submission: FetchSubmission, as id: Int64) async {
    let order = MetadataOrder(id: id, infoHash: magnet.infoHash, name: magnet.shownName, labels: submission.labels)
    var submission = submission
    submission.peers += magnet.peers.compactMap { peer in IPAddress(peer.host).map { "\(PeerAddress(ip: $0, port: peer.port))" } }
    engine.beginMetadata(order)
    meetPeers(of: magnet, submission, as: id)
    do {
      let torrent = try await engine.metadata(of: order).with(trackers: magnet.trackers.map { [$0] }, webSeeds: magnet.webSeeds)
      announcements.remove(id)
      let artifact = try await NIOThreadPool.singleton.runIfActive { [self, submission] in
        try fetch(torrent, torrent.encoded(), submission)
      }
      logger.info("a magnet link's torrent is there", metadata: .event(.magnetResolved, ["artifact": "\(artifact.name)"]))
      magnets.end(magnet.infoHash)
    } catch let failure as MetadataFailure {
      announcements.remove(id)
      magnets.fail(magnet.infoHash, Failure(.badData, "\(magnet.shownName): \(failure)"))
    } catch {
      magnets.fail(magnet.infoHash, Failure(error))
    }
  }

  /// Those that the link, the configuration and the command name, and those that trackers do.
  private func meetPeers(of magnet: Magnet, _ submission: FetchSubmission, as id: Int64) {
    let configured = settings.peers.filter { $0.artifacts == nil }.map(\.address)
    for peer in configured + submission.peers.compactMap({ PeerAddress($0) }) { engine.dial(peer, artifact: id, isStatic: true) }
    let places = announcePlan.places(of: magnet.infoHash, named: nil, isSSLTorrent: false)
    let trackers = settings.permitted(magnet.trackers.map { [$0] })
    announcements.update([AnnouncedTorrent(id: id, infoHashes: magnet.infoHash.wire, trackers: trackers, places: places)])
  }
}
