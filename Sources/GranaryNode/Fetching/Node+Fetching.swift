import Control
import Engine
import Foundation
import HTTPClient
import Inventory
import Logging
import Metainfo
import NIOPosix
import PluginKit
import Settings
import Storage
import Synchronization
import Tracker

/// Artifacts on their way here.
///
/// An artifact is in the inventory from its first moment, in the state `fetching`, so that a node that was ended goes on with it; its pieces are
/// recorded beside its data. With the last one it becomes `ready`, with the evidence that fetching was.
extension Node {
  /// Begins to fetch an artifact, or goes on with it; of one that is here already nothing is fetched. Waits for the disk.
  func fetch(_ submission: FetchSubmission) throws -> Artifact {
    guard let bytes = submission.torrent.flatMap({ Data(base64Encoded: $0) }).map(Array.init) else {
      throw Failure(.badData, "the torrent is not base64")
    }
    return try fetch(try Torrent.decode(bytes).torrent, bytes, submission)
  }

  func fetch(_ torrent: Torrent, _ bytes: [UInt8], _ submission: FetchSubmission) throws -> Artifact {
    try RootsPolicy(roots: settings.artifacts.roots).check(submission.root)
    if let known = try database.artifact(infoHash: torrent.infoHash) { return try goOn(with: known, submission) }
    try makeFolder(submission.root)
    let data = ArtifactData(
      dataRoot: submission.root, torrentPath: nil, files: Self.files(of: torrent, paths: [], identities: []), evidence: nil,
      state: .fetching)
    let new = NewArtifact(torrent: torrent, torrentBytes: bytes, name: submission.name, data: data, labels: submission.labels)
    let files = try torrent.selected(submission)
    let artifact = try database.addFetch(new, files: files, peers: submission.peers, at: .now())
    do {
      try startFetch(artifact.id)
    } catch {
      // Nothing is remembered of what could not begin.
      _ = try? database.remove(artifact.id)
      throw error
    }
    return try database.artifact(artifact.id)
  }

  private func goOn(with known: Artifact, _ submission: FetchSubmission) throws -> Artifact {
    guard known.state != .paused else {
      throw Failure(.unavailable, "\(known.name) is paused (\(known.stateReason)): 'granary resume' it first")
    }
    guard let stored = try database.fetch(of: known.id) else {
      guard known.state == .ready, known.verifiedPieces == known.pieceCount else {
        throw Failure(
          .cannotCreate,
          "\(known.name) is in the inventory already, \(known.state.rawValue), in \(known.dataRoot): 'granary remove' it first")
      }
      return known
    }
    guard known.dataRoot == submission.root else {
      throw Failure(.cannotCreate, "\(known.name) is being fetched into \(known.dataRoot)")
    }
    let peers = stored.peers + submission.peers.filter { !stored.peers.contains($0) }
    try database.setPeers(peers, ofFetch: known.id)
    if engine.fetchSnapshot(of: known.id.rawValue)?.stage == .fetching {
      dial(peers, for: known.id)
    } else {
      try database.setState(.fetching, of: known.id, at: .now())
      try startFetch(known.id)
    }
    return try database.artifact(known.id)
  }

  /// Goes on with a fetch that has failed; nothing where it has not. Waits for the disk.
  func retryFetch(of infoHash: InfoHash) throws {
    guard let artifact = try database.artifact(infoHash: infoHash), try database.haltedFetches().contains(artifact.id) else { return }
    try database.setState(.fetching, of: artifact.id, at: .now())
    do {
      try startFetch(artifact.id)
    } catch {
      fetchFailed(artifact.id, Failure(error).lines.first?.message ?? "\(error)")
      throw error
    }
  }

  private func makeFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw Failure(.cannotCreate, "\(path) cannot be made: \(error.localizedDescription)")
    }
  }

  /// What an earlier run was fetching goes on.
  func resumeFetches() {
    NIOThreadPool.singleton.submit { [self] state in
      guard state == .active, let fetches = try? database.fetches() else { return }
      for fetch in fetches where !isStopping.load(ordering: .relaxed) {
        do {
          try startFetch(fetch.artifact)
        } catch {
          fetchFailed(fetch.artifact, Failure(error).lines.first?.message ?? "\(error)")
        }
      }
    }
  }

  /// Puts an artifact that is to be fetched in service, with what there is of it.
  func startFetch(_ id: ArtifactID) throws {
    guard let stored = try database.fetch(of: id) else { return }
    let artifact = try database.artifact(id)
    let torrent = try keeper.torrent(of: id).torrent
    try RootsPolicy(roots: settings.artifacts.roots).check(artifact.dataRoot)
    if artifact.isSSL { try takeSSLTorrent(id) }
    let order = try fetchOrder(artifact, torrent, stored)
    // Put into its place, and the inventory was not told.
    if isFinished(torrent, in: artifact.dataRoot) { return try takeOver(artifact, torrent) }
    do {
      guard case .begun = try engine.fetch(order) else { return try takeOver(artifact, torrent) }
    } catch let error as StorageError where error.trouble == .exhausted {
      throw Failure(.tryLater, "another process may be fetching it: \(error)")
    }
    // Paused while what was there of it was hashed: it is in the engine, and asked for by nobody.
    guard try database.artifact(id).state != .paused else { return }
    dial(stored.peers, for: id)
    try announce(id)
  }

  private func dial(_ peers: [String], for id: ArtifactID) {
    for peer in peers.compactMap({ PeerAddress($0) }) { engine.dial(peer, artifact: id.rawValue, isStatic: true) }
  }

  private func fetchOrder(_ artifact: Artifact, _ torrent: Torrent, _ stored: StoredFetch) throws -> FetchOrder {
    let (padded, root, cache) = (PaddedLayout(torrent.layout), artifact.dataRoot, cache)
    let webSeeds = webSeeds(of: torrent)
    return FetchOrder(
      facts: ArtifactFacts(artifact, torrent), torrent: torrent, root: root, files: stored.files.map { Set($0) },
      settings: try FetchManner.prepare(settings), webSeeds: webSeeds
    ) { paths, identities, isStaged in
      ArtifactReader(
        layout: padded.layout, root: root, paths: padded.arranged(paths, padding: []),
        identities: padded.arranged(identities, padding: nil), cache: cache, isStaged: isStaged)
    }
  }

  /// Those of a torrent's web seeds that the operator lists: it may name any host.
  private func webSeeds(of torrent: Torrent) -> WebSeedSettings? {
    let mayFetch: @Sendable (HTTPURL) -> Bool = { [weak self] url in self?.settings.origins.contains(url.host.bare) == true }
    let urls = torrent.webSeeds.compactMap { try? HTTPURL($0) }.filter(mayFetch)
    guard !urls.isEmpty else { return nil }
    return WebSeedSettings(urls: urls, security: links.httpSecurity { Int64(time(nil)) }, mayFollow: mayFetch)
  }

  // MARK: The end

  private func isFinished(_ torrent: Torrent, in root: String) -> Bool {
    let manager = FileManager.default
    return manager.fileExists(atPath: "\(root)/\(torrent.name)")
      && !manager.fileExists(atPath: "\(root)/\(ArtifactWriter.stagingFolder(of: torrent))")
  }

  /// The data is in its place: it is read, and taken in where it is what the torrent says.
  private func takeOver(_ artifact: Artifact, _ torrent: Torrent) throws {
    let bytes = try database.torrent(of: artifact.id)
    let found = Publisher(roots: RootsPolicy(roots: settings.artifacts.roots), paths: paths, threads: threads).verify(
      torrent, bytes, torrentPath: nil, name: artifact.name, root: artifact.dataRoot, paths: nil, labels: [:], isPublished: false,
      isShown: false)
    // What is the torrent's in part is another artifact, an older one most likely, and stays that.
    let wanted = try database.fetch(of: artifact.id)?.pieces(of: torrent) ?? Bitfield(count: torrent.layout.pieceCount, filled: true)
    guard wanted.intersection(found.pieces) == wanted else {
      throw Failure(.cannotCreate, "\(artifact.dataRoot)/\(torrent.name) is there already, and is not \(artifact.name)")
    }
    try database.finishFetch(artifact.id, with: found.data(at: .now()), at: .now())
    // What was left beside it of the fetch goes.
    let writer = try? ArtifactWriter(torrent: torrent, root: artifact.dataRoot)
    try? writer?.discard()
    try putInService(try database.holding(of: artifact.id))
  }

  /// The engine has put an artifact into its place, and serves it.
  func fetched(_ id: ArtifactID, _ finished: FinishedArtifact) {
    NIOThreadPool.singleton.submit { [self] state in
      guard state == .active else { return }
      do {
        let artifact = try database.artifact(id)
        let torrent = try keeper.torrent(of: id).torrent
        let now = Timestamp.now()
        let data = ArtifactData(
          dataRoot: artifact.dataRoot, torrentPath: artifact.torrentPath,
          files: Self.files(of: torrent, paths: finished.paths, identities: finished.identities),
          evidence: Evidence(pieces: finished.pieces, verifiedAt: now, method: .verified), state: .ready,
          stateReason: finished.pieces.isFull ? "" : "fetched in part")
        try database.finishFetch(id, with: data, at: now)
        fetchedArtifacts.wrappingAdd(1, ordering: .relaxed)
        logger.notice(
          "artifact fetched", metadata: .event(.artifactFetched, ["artifact": "\(artifact.name)", "data": "\(artifact.dataRoot)"]))
        announcements.completed(id.rawValue)
      } catch {
        // On disk it is whole: the next run finds it in its place.
        logger.error(
          "an artifact was fetched and cannot be recorded", metadata: .event(.inventoryFailed, ["artifact": "\(id)", "error": "\(error)"]))
      }
    }
  }

  func fetchFailed(_ id: ArtifactID, _ reason: String) {
    NIOThreadPool.singleton.submit { [self] state in
      guard state == .active else { return }
      _ = try? setUnlessPaused(.failed, reason: reason, of: id)
      takeOutOfService(id, reason: reason)
      logger.error("a fetch has failed", metadata: .event(.fetchFailed, ["artifact": "\(id)", "reason": "\(reason)"]))
    }
  }

  func fetchTroubled(_ id: ArtifactID, _ reason: String) {
    logger.warning("a fetch waits for the disk", metadata: .event(.fetchWaiting, ["artifact": "\(id)", "reason": "\(reason)"]))
  }

  /// Gives a fetch up, and what is there of it. Waits for the disk.
  func endFetch(_ id: ArtifactID, reason: String) {
    do {
      try engine.endFetch(id.rawValue, reason: reason, discarding: true)
    } catch {
      logger.warning("what was fetched could not be removed", metadata: .event(.fetchLeftover, ["artifact": "\(id)", "error": "\(error)"]))
    }
  }

  /// The torrent of a fetch that the engine does not have, as one that was paused or has failed before this run; nil for any other artifact.
  func stagedFetch(_ artifact: Artifact) throws -> Torrent? {
    guard engine.fetchSnapshot(of: artifact.id.rawValue) == nil, try database.fetch(of: artifact.id) != nil else { return nil }
    return try keeper.torrent(of: artifact.id).torrent
  }

  /// Removes what there is of such a fetch. Waits for the disk.
  func discard(_ torrent: Torrent, of artifact: Artifact) {
    do {
      try RootsPolicy(roots: settings.artifacts.roots).check(artifact.dataRoot)
      try ArtifactWriter(torrent: torrent, root: artifact.dataRoot).discard()
    } catch {
      let fields = ["artifact": "\(artifact.id)", "error": "\(error)"]
      logger.warning("what was fetched could not be removed", metadata: .event(.fetchLeftover, fields.mapValues { .string($0) }))
    }
  }

  private static func files(of torrent: Torrent, paths: [[String]], identities: [FileIdentity?]) -> [ArtifactFile] {
    torrent.layout.files.enumerated().filter { !$0.element.isPadding }.map { index, file in
      let place = paths.indices.contains(index) && !paths[index].isEmpty ? paths[index] : torrent.relativePath(ofFile: index) ?? []
      return ArtifactFile(
        index: index, path: place.joined(separator: "/"), length: file.length,
        identity: identities.indices.contains(index) ? identities[index] : nil)
    }
  }
}

extension StoredFetch {
  /// The pieces that are wanted of it.
  fileprivate func pieces(of torrent: Torrent) -> Bitfield {
    guard let files else { return Bitfield(count: torrent.layout.pieceCount, filled: true) }
    var wanted = Bitfield(count: torrent.layout.pieceCount)
    for file in files {
      guard let pieces = torrent.layout.pieces(ofFile: file) else { continue }
      for piece in pieces { wanted[piece] = true }
    }
    return wanted
  }
}
