import Engine
import Inventory
import Logging
import Metainfo
import NIOPosix
import PluginKit
import Settings
import Storage
import Synchronization

/// What a verification in the background came to.
enum VerificationOutcome {
  case found(Found)
  /// It was ended, or there was nothing to read.
  case none
  /// What was read is not the artifact as it is now: somebody changed it meanwhile, and that is left alone.
  case superseded
  /// The inventory could not take in what was found.
  case failed
}

/// Data is read again, and what is found is taken in.
extension Node {
  /// Reads the data again, one artifact after the other, off every loop and at the set rate, and serves each that verifies before the next is
  /// begun.
  func verifyInBackground(_ id: ArtifactID) {
    guard state.withLock({ $0.doubtful.insert(id).inserted }) else { return }
    verifying.submit { [self] state in
      let outcome = state == .active ? outcome(ofVerifying: id) : .none
      // Before the book is told: it may well ask for the next one.
      self.state.withLock { _ = $0.doubtful.remove(id) }
      if state == .active { verified(id, outcome, now: .now) }
    }
  }

  private func outcome(ofVerifying id: ArtifactID) -> VerificationOutcome {
    do {
      return try verify(id)
    } catch {
      _ = try? setUnlessPaused(.failed, reason: Failure(error).lines.first?.message ?? "", of: id)
      logger.error("an artifact could not be verified", metadata: .event(.artifactUnverified, ["artifact": "\(id)", "error": "\(error)"]))
      return (error as? InventoryError)?.isTemporary == true ? .failed : .none
    }
  }

  /// Reads and compares an artifact and takes in what was found, unless it was changed meanwhile.
  private func verify(_ id: ArtifactID) throws -> VerificationOutcome {
    let holding = try database.holding(of: id)
    guard !holding.artifact.state.isLeftAlone else { return .none }
    guard try setUnlessPaused(.verifying, of: id) else { return .none }
    let manner = ReadingManner.paced { [self] bytes in waitToVerify(bytes) }
    let found = try read(holding, manner: manner) { [self] in isStopping.load(ordering: .relaxed) }
    guard found.obstacle != .cancelled else { return .none }
    return try update(holding, with: found) == nil ? .superseded : .found(found)
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

  /// Takes in what an operator hands over and serves it.
  @discardableResult
  func keep(_ found: Found) throws -> (artifact: Artifact, isNew: Bool) {
    let before = try database.artifact(infoHash: found.torrent.infoHash).map { try database.holding(of: $0.id) }
    let (artifact, isNew) = try keeper.keep(found)
    try serve(artifact, found, before: before)
    endCare(of: artifact, found)
    return (artifact, isNew)
  }

  /// Takes in what another process found when it verified an artifact. Throws where that is gone, or lies elsewhere by now.
  @discardableResult
  func update(_ found: Found) throws -> Artifact {
    let before = try database.artifact(infoHash: found.torrent.infoHash).map { try database.holding(of: $0.id) }
    guard let artifact = try keeper.update(with: found) else { throw Failure(movedMeanwhile: found) }
    try serve(artifact, found, before: before)
    endCare(of: artifact, found)
    return artifact
  }

  /// Takes in what was found of an artifact that was like this when its reading began; nil where it is another by now, or gone. Then
  /// nothing is changed.
  @discardableResult
  func update(_ before: Holding, with found: Found) throws -> Artifact? {
    let id = before.artifact.id
    let kept = try keeper.update(id, with: found) { now in
      now.isOf(before) && !now.artifact.state.isLeftAlone
    }
    guard let kept else { return nil }
    try serve(kept, found, before: before)
    return kept
  }

  private func endCare(of artifact: Artifact, _ found: Found) {
    if artifact.state == .ready, engine.isServing(artifact.id.rawValue) { backInService(artifact, found, now: .now) }
  }

  private func serve(_ artifact: Artifact, _ found: Found, before: Holding?) throws {
    let after = try database.holding(of: artifact.id)
    if artifact.state == .paused {
      // Its peers may stay as long as its data is what they were told of.
      if before?.isSameData(as: after) != true { takeOutOfService(artifact.id, reason: "its data is another, and it is paused") }
      return
    }
    if artifact.state == .ready {
      // What is served already, and found to be the same, goes on without its peers noticing.
      if before?.isSameData(as: after) == true, engine.isServing(artifact.id.rawValue) { return }
      try putInService(after)
      if engine.isServing(artifact.id.rawValue) { return }
    } else {
      takeOutOfService(artifact.id, reason: found.problem ?? "it does not verify")
    }
    // Whoever asked for it. That unreadable files look as ever says nothing.
    takeCare(of: [artifact.id], mustRead: found.obstacle == .unreadable, now: .now)
  }
}

extension Holding {
  /// Whether this is the other's data: the same files in the same place, of which the same is known.
  func isOf(_ other: Holding) -> Bool {
    files == other.files && evidence == other.evidence && artifact.dataRoot == other.artifact.dataRoot
  }

  /// Whether both hold the same pieces of the same files.
  fileprivate func isSameData(as other: Holding) -> Bool {
    files == other.files && evidence?.pieces == other.evidence?.pieces && artifact.dataRoot == other.artifact.dataRoot
      && artifact.labels == other.artifact.labels && artifact.name == other.artifact.name
  }
}
