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
  /// Puts in service what was ready, by its entries in the inventory alone: its evidence is compared with its files when somebody asks.
  /// Gives back those that must be looked at first.
  func putInService() throws -> [ArtifactID] {
    let survey = try ServiceSurvey.of(database, settings)
    engine.add(survey.served)
    for (artifact, peers) in survey.dials {
      for peer in peers { engine.dial(peer, artifact: artifact, isStatic: true) }
    }
    let announced = survey.announced.filter { !$0.trackers.isEmpty }
    Task { await announcer.update(announced) }
    for (id, dataRoot) in survey.outside { refuseOutside(id, dataRoot) }
    return survey.doubtful
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
    if let error = holding.fault {
      try database.setState(error.artifactState, reason: "\(error)", of: artifact.id, at: .now())
      return false
    }
    try database.setState(.ready, reason: artifact.state == .ready ? artifact.stateReason : "", of: artifact.id, at: .now())
    try serve(artifact.id)
    return true
  }

  private func serve(_ id: ArtifactID) throws {
    let (artifact, trackers) = try database.summary(of: id)
    let wire = artifact.infoHash.wire
    engine.add([ServedArtifact(id: id.rawValue, wire: wire, missing: artifact.missing)])
    for peer in settings.peers(of: artifact) { engine.dial(peer, artifact: id.rawValue, isStatic: true) }
    let announced = AnnouncedTorrent(id: id.rawValue, infoHashes: wire, trackers: settings.trackers(trackers, of: artifact))
    Task { await announcer.update([announced]) }
  }

  /// What the engine needs to serve an artifact that somebody asks for. Of its files only what is recorded is read here.
  func load(_ id: ArtifactID) throws -> SeededArtifact {
    try orRefuse(id) { try loadHolding(try database.holding(of: id)) }
  }

  /// Looks at where an artifact lies, and compares its evidence with its files. Waits for its device.
  func check(_ artifact: SeededArtifact) throws {
    try orRefuse(ArtifactID(rawValue: artifact.facts.id)) {
      try RootsPolicy(roots: settings.artifacts.roots).check(artifact.reader.root)
      if let error = artifact.reader.check().first { throw error }
    }
  }

  /// What cannot be served, and not only for now, goes out of service with its reason.
  private func orRefuse<Value>(_ id: ArtifactID, _ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as StorageError {
      // The engine takes it out of service and tells us.
      throw error
    } catch let error as InventoryError where error.isTemporary {
      throw error
    } catch InventoryError.unknownArtifact {
      throw ArtifactNotFound()
    } catch {
      let reason = Failure(error).lines.first?.message ?? ""
      try? database.setState(.failed, reason: reason, of: id, at: .now())
      logger.error("an artifact cannot be served", metadata: ["artifact": "\(id)", "reason": "\(reason)"])
      takeOutOfService(id, reason: reason)
      throw error
    }
  }

  private func loadHolding(_ holding: Holding) throws -> SeededArtifact {
    let artifact = holding.artifact
    guard let evidence = holding.evidence else {
      takeOutOfService(artifact.id, reason: "nothing of it is verified")
      takeCare(of: [artifact.id], now: .now)
      throw ArtifactNotFound()
    }
    let torrent = try keeper.torrent(of: artifact.id).torrent
    return SeededArtifact(
      facts: ArtifactFacts(artifact, torrent), torrent: torrent, reader: reader(holding, torrent), have: evidence.pieces)
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

  /// After a change of `artifacts.roots`, `peers`, `trackers` or `origins`: the same questions again for everything in service.
  func refreshService() {
    NIOThreadPool.singleton.submit { [self] state in
      guard state == .active, let survey = try? ServiceSurvey.of(database, settings) else { return }
      for (id, dataRoot) in survey.outside where engine.isServing(id.rawValue) { refuseOutside(id, dataRoot) }
      for id in engine.loaded { checkRoots(ArtifactID(rawValue: id)) }
      engine.replaceStatic(peers: Dictionary(uniqueKeysWithValues: survey.dials.map { ($0.artifact, $0.peers) }))
      let announced = survey.announced.filter { engine.isServing($0.id) }
      Task { await announcer.update(announced) }
    }
  }

  /// An artifact whose torrent is in memory is not looked at again before it is served to the next peer.
  private func checkRoots(_ id: ArtifactID) {
    guard let dataRoot = try? database.artifact(id).dataRoot else { return }
    if (try? RootsPolicy(roots: settings.artifacts.roots).check(dataRoot)) == nil { refuseOutside(id, dataRoot) }
  }

  /// The artifact may not be served from where it lies.
  private func refuseOutside(_ id: ArtifactID, _ dataRoot: String) {
    do {
      try RootsPolicy(roots: settings.artifacts.roots).check(dataRoot)
    } catch {
      let reason = Failure(error).lines.first?.message ?? ""
      try? database.setState(.failed, reason: reason, of: id, at: .now())
      takeOutOfService(id, reason: reason)
    }
  }

  /// Takes an artifact out of service, for peers and trackers.
  func takeOutOfService(_ id: ArtifactID, reason: String) {
    engine.remove(id.rawValue, reason: reason)
    Task { await announcer.remove(id: id.rawValue) }
  }

  /// Reads the data again, one artifact after the other, off every loop, and serves what verifies.
  func verifyInBackground(_ id: ArtifactID) {
    guard state.withLock({ $0.doubtful.insert(id).inserted }) else { return }
    verifying.submit { [self] state in
      defer { self.state.withLock { _ = $0.doubtful.remove(id) } }
      guard state == .active else { return }
      do {
        verified(id, try verify(id), now: .now)
      } catch {
        try? database.setState(.failed, reason: Failure(error).lines.first?.message ?? "", of: id, at: .now())
        logger.error("an artifact could not be verified", metadata: ["artifact": "\(id)", "error": "\(error)"])
        verified(id, nil, now: .now)
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
  /// What is wrong with the first file that is not what it was when its pieces were verified. Waits for the disk.
  fileprivate var fault: StorageError? {
    for file in files {
      let path = file.path.split(separator: "/").map(String.init)
      if let fault = file.identity?.fault(at: path, below: artifact.dataRoot) { return fault }
    }
    return nil
  }

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
