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
  /// Gives back what was found, of which the doubtful must be looked at first, and those outside of the roots be refused.
  func putInService() throws -> ServiceSurvey {
    try takeSSLTorrents()
    let survey = try self.survey()
    engine.add(survey.served)
    for artifact in survey.served { tracking?.tracker.put(artifact.id, infoHashes: artifact.wire) }
    for (artifact, peers) in survey.dials {
      for peer in peers { engine.dial(peer, artifact: artifact, isStatic: true) }
    }
    let announced = survey.announced.filter { !$0.trackers.isEmpty }
    announcements.update(announced)
    return survey
  }

  /// Serves an artifact if its evidence holds; false where it must be verified first.
  @discardableResult
  func putInService(_ holding: Holding) throws -> Bool {
    let artifact = holding.artifact
    do {
      try RootsPolicy(roots: settings.artifacts.roots).check(artifact.dataRoot)
    } catch {
      try setUnlessPaused(.failed, reason: Failure(error).lines.first?.message ?? "", of: artifact.id)
      return true
    }
    // Evidence that there is nothing to serve is not served.
    guard let evidence = holding.evidence, !evidence.pieces.isEmpty || evidence.pieces.count == 0 else { return false }
    if let error = holding.fault {
      return try !setUnlessPaused(error.artifactState, reason: "\(error)", of: artifact.id)
    }
    if try setUnlessPaused(.ready, reason: artifact.state == .ready ? artifact.stateReason : "", of: artifact.id) { try serve(artifact.id) }
    return true
  }

  /// Changes the state, unless somebody has paused the artifact meanwhile: whether it was changed. What is found of it does not bring it back.
  @discardableResult
  func setUnlessPaused(_ state: ArtifactState, reason: String = "", of id: ArtifactID) throws -> Bool {
    try database.setState(state, reason: reason, of: id, at: .now()) { $0.artifact.state != .paused } != nil
  }

  /// What is done with each artifact of the inventory, as things are.
  private func survey() throws -> ServiceSurvey {
    try ServiceSurvey.of(database, settings, announcePlan)
  }

  private func serve(_ id: ArtifactID) throws {
    let (artifact, listed) = try database.summary(of: id)
    if artifact.isSSL { try takeSSLTorrent(id) }
    engine.add([ServedArtifact(id: id.rawValue, wire: artifact.infoHash.wire, missing: artifact.missing)])
    announce(artifact, listed)
    // Removed while we were at it: whoever did that may have told the engine before we did.
    do {
      _ = try database.artifact(id)
    } catch InventoryError.unknownArtifact {
      takeOutOfService(id, reason: "removed by the operator")
    }
  }

  /// Peers and trackers are told of an artifact that is in service.
  func announce(_ id: ArtifactID) throws {
    let (artifact, listed) = try database.summary(of: id)
    announce(artifact, listed)
  }

  private func announce(_ artifact: ArtifactSummary, _ listed: [[String]]) {
    let id = artifact.id.rawValue
    tracking?.tracker.put(id, infoHashes: artifact.infoHash.wire)
    for peer in settings.peers(of: artifact) { engine.dial(peer, artifact: id, isStatic: true) }
    announcements.update([announced(artifact, listed)])
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
      _ = try? setUnlessPaused(.failed, reason: reason, of: id)
      logger.error("an artifact cannot be served", metadata: .event(.artifactUnserved, ["artifact": "\(id)", "reason": "\(reason)"]))
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
      guard state == .active, let survey = try? self.survey() else { return }
      let loaded = engine.loaded.compactMap { try? database.artifact(ArtifactID(rawValue: $0)) }
      // An artifact whose torrent is in memory is not looked at again before it is served to the next peer.
      refuseOutside(survey.outside.filter { engine.isServing($0.id.rawValue) } + loaded.map { ($0.id, $0.dataRoot) })
      engine.replaceStatic(peers: Dictionary(uniqueKeysWithValues: survey.dials.map { ($0.artifact, $0.peers) }))
      let announced = survey.announced.filter { engine.isServing($0.id) }
      announcements.update(announced)
    }
  }

  /// Those of the artifacts that may not be served from where they lie are out of service. One wait for the inventory's disk for all.
  func refuseOutside(_ artifacts: [(id: ArtifactID, dataRoot: String)]) {
    guard !artifacts.isEmpty else { return }
    let roots = RootsPolicy(roots: settings.artifacts.roots)
    var changes: [StateChange] = []
    for (id, dataRoot) in artifacts {
      do {
        try roots.check(dataRoot)
      } catch {
        let reason = Failure(error).lines.first?.message ?? ""
        changes.append(StateChange(id: id, state: .failed, reason: reason))
        takeOutOfService(id, reason: reason)
      }
    }
    do {
      try database.setStates(changes, at: .now())
    } catch {
      logger.error("states of artifacts could not be stored", metadata: .event(.inventoryFailed, ["error": "\(error)"]))
    }
  }

  /// Takes an artifact out of service, for peers and trackers.
  func takeOutOfService(_ id: ArtifactID, reason: String) {
    engine.remove(id.rawValue, reason: reason)
    announcements.remove(id.rawValue)
    tracking?.tracker.remove(id.rawValue)
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
