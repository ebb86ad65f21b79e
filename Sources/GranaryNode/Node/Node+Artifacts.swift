import Engine
import Inventory
import Logging
import Metainfo
import NIOPosix
import PluginKit
import Settings
import Storage
import Synchronization
import Tracker

/// Artifacts in and out of service.
extension Node {
  /// Serves every artifact whose evidence still holds. Restart re-hashes nothing that has not changed: the others are given back.
  func putInService() throws -> [Artifact] {
    var holdings: [Holding] = []
    try database.forEachHolding { holding in
      holdings.append(holding)
      return true
    }
    var doubtful: [Artifact] = []
    for holding in holdings where holding.artifact.state != .paused {
      do {
        if try !putInService(holding) { doubtful.append(holding.artifact) }
      } catch {
        // One row that cannot be read stops no other artifact.
        let reason = Failure(error).lines.first?.message ?? ""
        try database.setState(.failed, reason: reason, of: holding.artifact.id, at: .now())
        logger.error("an artifact cannot be served", metadata: ["artifact": "\(holding.artifact.name)", "reason": "\(reason)"])
      }
    }
    return doubtful
  }

  /// Serves an artifact if its evidence holds; false where it must be verified first.
  @discardableResult
  func putInService(_ holding: Holding) throws -> Bool {
    let artifact = holding.artifact
    do {
      try RootsPolicy(roots: settings.artifacts.roots).check(artifact.dataRoot)
    } catch {
      try database.setState(.failed, reason: Failure(error).lines.first?.message ?? "", of: artifact.id, at: .now())
      return true
    }
    // Evidence that there is nothing to serve is not served.
    guard let evidence = holding.evidence, !evidence.pieces.isEmpty || evidence.pieces.count == 0 else { return false }
    let (torrent, _) = try keeper.torrent(of: artifact.id)
    let reader = reader(holding, torrent)
    if let error = reader.check().first {
      try database.setState(error.artifactState, reason: "\(error)", of: artifact.id, at: .now())
      return false
    }
    try database.setState(.ready, reason: artifact.state == .ready ? artifact.stateReason : "", of: artifact.id, at: .now())
    serve(SeededArtifact(facts: ArtifactFacts(artifact, torrent), torrent: torrent, reader: reader, have: evidence.pieces), evidence)
    return true
  }

  private func reader(_ holding: Holding, _ torrent: Torrent) -> ArtifactReader {
    var identities = [FileIdentity?](repeating: nil, count: torrent.layout.files.count)
    for file in holding.files where identities.indices.contains(file.index) { identities[file.index] = file.identity }
    let padded = PaddedLayout(torrent.layout)
    return ArtifactReader(
      layout: padded.layout, root: holding.artifact.dataRoot,
      paths: padded.arranged(InventoryKeeper.paths(torrent, holding.files), padding: []),
      identities: padded.arranged(identities, padding: nil), cache: cache)
  }

  private func serve(_ artifact: SeededArtifact, _ evidence: Evidence) {
    engine.add(artifact)
    meet(artifact.facts, artifact.torrent, evidence)
  }

  /// Dials and announces as the configuration in force says.
  private func meet(_ facts: ArtifactFacts, _ torrent: Torrent, _ evidence: Evidence) {
    for peer in settings.peers where peer.isFor(facts) {
      engine.dial(peer.address, artifact: facts.id, isStatic: true)
    }
    let announced = AnnouncedTorrent(
      id: facts.id, infoHashes: facts.infoHash.wire, trackers: trackers(torrent, isPublished: evidence.method == .hashed))
    Task {
      if announced.trackers.isEmpty { await announcer.remove(id: facts.id) } else { await announcer.add(announced) }
    }
  }

  /// After a change of `artifacts.roots`, `peers`, `trackers` or `origins`: the same questions again for everything in service.
  func refreshService() {
    verifying.submit { [self] state in
      guard state == .active else { return }
      for artifact in (try? database.artifacts(ArtifactFilter(states: [.ready]))) ?? [] where engine.isServing(artifact.id.rawValue) {
        guard let evidence = try? database.evidence(of: artifact.id), let torrent = try? keeper.torrent(of: artifact.id).torrent else {
          continue
        }
        let facts = ArtifactFacts(artifact, torrent)
        guard isBelowRoots(artifact) else { continue }
        engine.forgetStatic(of: facts.id, but: Set(settings.peers.filter { $0.isFor(facts) }.map(\.address)))
        meet(facts, torrent, evidence)
      }
    }
  }

  /// A torrent that was made elsewhere may name any host: it is announced only to those that the operator lists.
  private func trackers(_ torrent: Torrent, isPublished: Bool) -> [[String]] {
    if isPublished { return torrent.trackers }
    let settings = settings
    return torrent.trackers.map { tier in
      tier.filter { url in settings.trackers.contains(url) || TrackerHost.of(url).map(settings.origins.contains) == true }
    }.filter { !$0.isEmpty }
  }

  /// Whether the artifact may be served from where it lies; it is taken out of service where it may not.
  private func isBelowRoots(_ artifact: Artifact) -> Bool {
    do {
      try RootsPolicy(roots: settings.artifacts.roots).check(artifact.dataRoot)
      return true
    } catch {
      let reason = Failure(error).lines.first?.message ?? ""
      try? database.setState(.failed, reason: reason, of: artifact.id, at: .now())
      takeOutOfService(artifact.id, reason: reason)
      return false
    }
  }

  /// Takes an artifact out of service, for peers and trackers.
  func takeOutOfService(_ id: ArtifactID, reason: String) {
    engine.remove(id.rawValue, reason: reason)
    Task { await announcer.remove(id: id.rawValue) }
  }

  /// Reads the data again, one artifact after the other, off every loop, and serves what verifies.
  func verifyInBackground(_ artifact: Artifact) {
    guard state.withLock({ $0.doubtful.insert(artifact.id).inserted }) else { return }
    verifying.submit { [self] state in
      defer { self.state.withLock { _ = $0.doubtful.remove(artifact.id) } }
      guard state == .active else { return }
      do {
        verified(artifact.id, try verify(artifact.id), now: .now)
      } catch {
        try? database.setState(.failed, reason: Failure(error).lines.first?.message ?? "", of: artifact.id, at: .now())
        logger.error("an artifact could not be verified", metadata: ["artifact": "\(artifact.name)", "error": "\(error)"])
        verified(artifact.id, nil, now: .now)
      }
    }
  }

  /// Reads and compares an artifact and takes in what was found; nil where it is not there any more.
  private func verify(_ id: ArtifactID) throws -> Found? {
    let holding = try database.holding(of: id)
    guard holding.artifact.state != .paused else { return nil }
    try database.setState(.verifying, of: id, at: .now())
    let found = try read(holding) { [self] in isStopping.load(ordering: .relaxed) }
    // It may have been removed while we read.
    guard found.obstacle != .cancelled, (try? database.artifact(id)) != nil else { return nil }
    try keep(found)
    return found
  }

  /// Reads an artifact's data and compares it with its torrent.
  func read(
    _ holding: Holding, manner: ReadingManner = .eager, isCancelled: @escaping @Sendable () -> Bool
  ) throws -> Found {
    let artifact = holding.artifact
    let roots = RootsPolicy(roots: settings.artifacts.roots)
    try roots.check(artifact.dataRoot)
    let (torrent, bytes) = try keeper.torrent(of: artifact.id)
    return Publisher(roots: roots, paths: paths, threads: 1).verify(
      torrent, bytes, torrentPath: artifact.torrentPath, name: artifact.name, root: artifact.dataRoot,
      paths: InventoryKeeper.paths(torrent, holding.files), labels: [:], isPublished: holding.evidence?.method == .hashed, isShown: false,
      manner: manner, isCancelled: isCancelled)
  }

  /// Takes in what was found and serves it.
  @discardableResult
  func keep(_ found: Found) throws -> (artifact: Artifact, isNew: Bool) {
    let before = try database.artifact(infoHash: found.torrent.infoHash).map { try database.holding(of: $0.id) }
    let (artifact, isNew) = try keeper.keep(found)
    let after = try database.holding(of: artifact.id)
    if artifact.state == .ready {
      // What is served already, and found to be the same, goes on without its peers noticing.
      if before?.isSameData(as: after) == true, engine.isServing(artifact.id.rawValue) { return (artifact, isNew) }
      try putInService(after)
    } else {
      takeOutOfService(artifact.id, reason: found.problem ?? "it does not verify")
    }
    return (artifact, isNew)
  }
}

extension Holding {
  /// Whether both hold the same pieces of the same files.
  fileprivate func isSameData(as other: Holding) -> Bool {
    files == other.files && evidence?.pieces == other.evidence?.pieces && artifact.dataRoot == other.artifact.dataRoot
      && artifact.labels == other.artifact.labels && artifact.name == other.artifact.name
  }
}

extension StorageError {
  /// The state of an artifact that has met this.
  var artifactState: ArtifactState {
    switch self {
    case .missing: .missing
    case .failed: .failed
    default: .changed
    }
  }
}

extension NodeSettings.StaticPeer {
  /// Whether the peer is to be dialed for the artifact: by name pattern or info-hash; no list means every artifact.
  fileprivate func isFor(_ facts: ArtifactFacts) -> Bool {
    guard let artifacts else { return true }
    return artifacts.contains { pattern in
      ArtifactPattern(pattern).matches(name: facts.name, infoHash: facts.infoHash)
    }
  }
}
