import Engine
import Foundation
import Inventory
import Logging
import Metainfo
import NIOPosix
import PluginKit
import Settings
import Storage
import Synchronization

/// Artifacts whose files change, vanish or cannot be read: out of service with a reason, looked at until they are back.
///
///     engine (a batch, a look, a broken lease) ─┐
///     patrol (a slow walk round all) ───────────┼─> out of service ──> CareBook ──> look (lstat), with growing pauses
///     scrub (a bad piece) ──────────────────────┘                        ├─ as its evidence says: served again, nothing read
///                                                                        └─ otherwise, and settled: verified in turn, served as far as it is right
///
/// Everything here runs on the care's own thread, which may wait for disks.
extension Node {
  /// The engine has found that the evidence does not hold any more.
  func failed(_ id: ArtifactID, _ error: StorageError) {
    caring.submit { [self] state in
      guard state == .active else { return }
      takeOut([(id, error)], now: .now)
    }
  }

  /// Artifacts that are not served get another chance at once.
  func lookAgain() {
    caring.submit { [self] state in
      guard state == .active else { return }
      let waiting = (try? database.artifacts(ArtifactFilter(states: [.changed, .missing, .failed]))) ?? []
      takeCare(of: waiting.map(\.id), now: .now)
      care.withLock { $0.book.hurry(now: .now) }
    }
  }

  /// Artifacts that are out of service are looked at from now on.
  func takeCare(of ids: [ArtifactID], mustRead: Bool = false, now: ContinuousClock.Instant) {
    care.withLock { state in
      for id in ids { state.book.add(id, mustRead: mustRead, now: now) }
    }
  }

  /// Takes artifacts out of service for what is wrong with their files.
  func takeOut(_ faults: [(id: ArtifactID, error: StorageError)], now: ContinuousClock.Instant) {
    var changes: [StateChange] = []
    for (id, error) in faults {
      guard let artifact = try? database.artifact(id), !artifact.state.isLeftAlone else { continue }
      // Before it is in the book: an entry of what is served is dropped.
      takeOutOfService(id, reason: "\(error)")
      let isNew = care.withLock { state in
        state.partly[id] = nil
        return state.book.add(id, mustRead: error.isRefusal, wasWritten: error.isOpening, now: now)
      }
      changes.append(StateChange(id: id, state: error.artifactState, reason: "\(error)"))
      if isNew { tell(.out, artifact, "\(error)", now: now) }
    }
    do {
      try database.setStates(changes, at: .now())
    } catch {
      logger.error("states of artifacts could not be stored", metadata: .event(.inventoryFailed, ["error": "\(error)"]))
    }
  }

  /// One step of the care: who waits is looked at, the patrol goes on, what is due is scrubbed.
  func careTick(now: ContinuousClock.Instant) {
    lookAtThoseOut(now: now)
    patrol(now: now)
    scrubIfDue(now: now)
    for summary in care.withLock({ $0.news.take(now: now) }) { tell(summary) }
  }

  private func lookAtThoseOut(now: ContinuousClock.Instant) {
    // No faster than the patrol: a mount with ten thousand artifacts that comes back is taken in within a minute or two, not at once.
    let due = care.withLock { $0.book.due(now: now, limit: settings.scrub.patrol) }
    for id in due { lookAt(id, now: now) }
  }

  private func lookAt(_ id: ArtifactID, now: ContinuousClock.Instant) {
    let holding: Holding
    do {
      holding = try database.holding(of: id)
    } catch {
      return care.withLock { state in
        // An inventory that cannot be read now says nothing of it: it is looked at again.
        if case .unknownArtifact = error { state.book.remove(id) } else { _ = state.book.looked(id, .gone, now: now) }
      }
    }
    guard !holding.artifact.state.isLeftAlone else { return care.withLock { $0.book.remove(id) } }
    let (sight, isSettled) = sight(of: holding)
    switch care.withLock({ $0.book.looked(id, sight, isSettled: isSettled, now: now) }) {
    case .wait: return
    case .verify: verifyInBackground(holding.artifact.id)
    case .restore: restore(holding, now: now)
    }
  }

  /// Serves again what is as its evidence says.
  private func restore(_ holding: Holding, now: ContinuousClock.Instant) {
    let id = holding.artifact.id
    // It is served as it is: its peers are not to notice.
    if holding.artifact.state == .ready, engine.isServing(id.rawValue) { return care.withLock { $0.book.remove(id) } }
    guard (try? putInService(holding)) == true, engine.isServing(id.rawValue) else { return }
    care.withLock { $0.book.remove(id) }
    tell(.back, holding.artifact, "its files are what they were when they were verified", now: now)
  }

  /// What its files look like, and whether they have for some time.
  private func sight(of holding: Holding) -> (CareBook.Sight, isSettled: Bool) {
    let files = holding.lookFiles
    let root = holding.artifact.dataRoot
    let look = ArtifactLook.look(at: files, below: root)
    if look.isGone { return (.gone, false) }
    if care.withLock({ $0.book.wasWritten(holding.artifact.id) }), let leases = cache.leases,
      ArtifactLook.isBeingWritten(files, below: root, leases: leases)
    {
      return (.beingWritten, false)
    }
    let isSettled = look.lastChange < Timestamp.now().advanced(by: .zero - Self.settling).nanoseconds
    guard look.isAsEvidence, let evidence = holding.evidence else { return (.differs(look.fingerprint), isSettled) }
    let isEnough = !evidence.pieces.isEmpty || evidence.pieces.count == 0
    // Files of which nothing is known, as those that changed while they were read: that nothing was right says nothing of them as they are.
    if !isEnough, look.unknown > 0 { return (.differs(look.fingerprint), isSettled) }
    return (.asEvidence(isEnough: isEnough), isSettled)
  }

  /// Files that nobody has changed for so long are not being written to, most likely; one that is, is found to have changed when it was read.
  private static let settling = Duration.seconds(30)

  /// A verification in the background is over.
  func verified(_ id: ArtifactID, _ outcome: VerificationOutcome, now: ContinuousClock.Instant) {
    var found: Found?
    if case .found(let what) = outcome { found = what }
    let artifact: Artifact
    do {
      artifact = try database.artifact(id)
    } catch {
      return care.withLock { state in
        if case .unknownArtifact = error { state.book.remove(id) } else { state.book.putOff(id, now: now) }
      }
    }
    guard artifact.state == .ready, engine.isServing(id.rawValue) else {
      return care.withLock { state in
        switch outcome {
        case .failed, .superseded: state.book.putOff(id, now: now)
        case .found, .none: state.book.foundWanting(id, mustRead: found?.obstacle == .unreadable, now: now)
        }
      }
    }
    backInService(artifact, found, now: now)
  }

  /// An artifact is served: it need not be looked after any more.
  func backInService(_ artifact: Artifact, _ found: Found?, now: ContinuousClock.Instant) {
    let wasOut = care.withLock { state in
      defer { state.book.remove(artifact.id) }
      return state.book.contains(artifact.id)
    }
    guard wasOut else { return }
    let whole = found?.pieces.isFull != false
    tell(.back, artifact, whole ? "all its pieces verify" : "in part: \(artifact.stateReason)", now: now)
  }
}

/// The walk round everything that is in service.
extension Node {
  private func patrol(now: ContinuousClock.Instant) {
    let rate = settings.scrub.patrol
    let (budget, position) = care.withLock { ($0.walk.budget(rate: rate, now: now), $0.walk.position) }
    guard budget > 0, let page = try? database.patrolStops(after: position, limit: budget, files: PatrolWalk.files(budget))
    else { return }
    var faults: [(id: ArtifactID, error: StorageError)] = []
    for stop in page {
      if let error = lookAtReady(stop) { faults.append((stop.id, error)) }
    }
    care.withLock { state in
      for stop in page { state.walk.passed(stop.id.rawValue, files: stop.files.count) }
    }
    if page.isEmpty { care.withLock { $0.walk.wrap(now: now) } }
    takeOut(faults, now: now)
    savePosition(now: now)
  }

  /// What is wrong with an artifact that is in service.
  private func lookAtReady(_ stop: PatrolStop) -> StorageError? {
    // It was to be put in service, and that failed.
    if !engine.isServing(stop.id.rawValue) {
      takeCare(of: [stop.id], now: .now)
      return nil
    }
    let look = ArtifactLook.look(at: stop.files.map(ArtifactLook.File.init), below: stop.dataRoot)
    if let fault = look.fault { return fault }
    if look.unknown > 0, !stop.isWhole { readAgain(stop.id, look) }
    return nil
  }

  /// What was missing of an artifact in part is there: it is read once it has not changed between two rounds, and not again before it
  /// does.
  private func readAgain(_ id: ArtifactID, _ look: ArtifactLook) {
    let isSettled = care.withLock { state in
      let before = state.partly.updateValue(look.fingerprint, forKey: id)
      return before == look.fingerprint && state.book.add(id, isVerifying: true, now: .now)
    }
    if isSettled { verifyInBackground(id) }
  }

  /// Where the walk was, for the next start.
  func loadPosition() {
    let text = FileManager.default.contents(atPath: paths.patrol).map { String(decoding: $0.prefix(32), as: UTF8.self) } ?? ""
    guard let position = Int64(text.trimmingCharacters(in: .whitespacesAndNewlines)) else { return }
    care.withLock { $0.walk = PatrolWalk(position: position) }
  }

  private func savePosition(now: ContinuousClock.Instant) {
    let position = care.withLock { state -> Int64? in
      if let saved = state.savedAt, now - saved < Self.savingPause { return nil }
      state.savedAt = now
      return state.walk.position
    }
    guard let position else { return }
    // Losing it costs a walk from the beginning.
    try? AtomicFile.write(Array("\(position)\n".utf8), to: paths.patrol, mode: 0o600)
  }

  private static let savingPause = Duration.seconds(60)
}

/// What is said of it.
extension Node {
  func tell(_ kind: OutageNews.Kind, _ artifact: Artifact, _ reason: String, now: ContinuousClock.Instant) {
    guard care.withLock({ $0.news.add(kind, name: artifact.name, reason: reason, now: now) }) else { return }
    let metadata: Logger.Metadata = ["artifact": "\(artifact.name)", "reason": "\(reason)"]
    switch kind {
    case .out: logger.warning("artifact out of service", metadata: .event(.artifactOut, metadata))
    case .back: logger.notice("artifact in service again", metadata: .event(.artifactBack, metadata))
    }
    journal(kind, artifact.name, artifact.infoHash.preferredWire, reason)
  }

  private func tell(_ summary: OutageNews.Summary) {
    let words = summary.kind == .out ? "more artifacts out of service" : "more artifacts in service again"
    logger.warning(
      "\(words)", metadata: .event(.artifactMany, ["count": "\(summary.count)", "last": "\(summary.name)", "reason": "\(summary.reason)"]))
    journal(summary.kind, nil, nil, "\(summary.count) \(words); the last: \(summary.name): \(summary.reason)")
  }

  private func journal(_ kind: OutageNews.Kind, _ name: String?, _ infoHash: SHA1Digest?, _ reason: String) {
    journal.record(
      JournalRecord(
        at: .now, principal: "node", address: nil, infoHash: infoHash, artifact: name, operation: "storage",
        verdict: kind == .out ? "close" : "allow", plugin: "care", reason: reason, generation: engine.pipeline.generation))
  }
}

extension Holding {
  /// Its files as a look takes them.
  var lookFiles: [ArtifactLook.File] { files.map(ArtifactLook.File.init) }
}

extension ArtifactLook.File {
  fileprivate init(_ file: ArtifactFile) {
    self.init(path: file.path.split(separator: "/").map(String.init), identity: file.identity)
  }
}

extension StorageError {
  /// Whether another program has opened the file for writing.
  var isOpening: Bool { if case .openedForWriting = self { true } else { false } }
}
