import Control
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

/// Reads again what was read longest ago, slowly, and compares it with its torrent. What is read stays in service meanwhile.
extension Node {
  /// Begins with the artifact whose evidence is the oldest, if that is due and none is being read.
  func scrubIfDue(now: ContinuousClock.Instant) {
    let schedule = ScrubSchedule(settings: settings.scrub)
    let wall = Timestamp.now()
    guard let limit = schedule.limit(now: wall), schedule.isOpen(secondOfDay: Self.secondOfDay()) else { return }
    let isFree = care.withLock { !$0.scrub.isRunning && ($0.scrub.next.map { $0 <= now } ?? true) }
    guard isFree, let id = dueForScrub(before: limit, now: now) else {
      if isFree { care.withLock { $0.scrub.next = now + Self.scrubPause } }
      return
    }
    care.withLock { $0.scrub.isRunning = true }
    scrubbing.submit { [self] state in
      let wasRead = state == .active && scrub(id)
      care.withLock { care in
        care.delays.note(id, succeeded: wasRead, now: .now)
        (care.scrub.isRunning, care.scrub.current) = (false, nil)
        // One that could not be looked at is not tried again at once.
        care.scrub.next = wasRead ? nil : .now + Self.scrubPause
      }
    }
  }

  private func dueForScrub(before limit: Timestamp, now: ContinuousClock.Instant) -> ArtifactID? {
    let delayed = care.withLock { $0.delays.delayed(now: now) }
    return try? database.oldestEvidence(before: limit, besides: delayed)
  }

  /// Reads one artifact; false where nothing came of it.
  private func scrub(_ id: ArtifactID) -> Bool {
    do {
      let before = try database.holding(of: id)
      guard before.artifact.state == .ready, let evidence = before.evidence else { return false }
      if let fault = ArtifactLook.look(at: before.lookFiles, below: before.artifact.dataRoot).fault {
        takeOut([(id, fault)], now: .now)
        return true
      }
      care.withLock { $0.scrub.current = before.artifact.name }
      let manner = ReadingManner.sparing { [self] bytes in waitForTurn(bytes) }
      let found = try read(before, manner: manner) { [self] in isStopping.load(ordering: .relaxed) }
      guard found.obstacle != .cancelled else { return false }
      // It may have been removed, or taken in anew, while we read.
      guard let after = try? database.holding(of: id), after.isOf(before) else { return false }
      care.withLock { $0.scrub.artifacts += 1 }
      try conclude(found, before, evidence)
      return true
    } catch {
      logger.error("scrubbing failed", metadata: .event(.scrubFailed, ["artifact": "\(id)", "error": "\(error)"]))
      if (error as? InventoryError)?.isTemporary != true { cannotScrub(id, Failure(error).lines.first?.message ?? "") }
      return false
    }
  }

  /// What cannot even be begun to be read would not be served either.
  private func cannotScrub(_ id: ArtifactID, _ reason: String) {
    guard let artifact = try? database.artifact(id) else { return }
    takeOutOfService(id, reason: reason)
    try? database.setState(.failed, reason: reason, of: id, at: .now())
    tell(.out, artifact, reason, now: .now)
  }

  private func conclude(_ found: Found, _ before: Holding, _ evidence: Evidence) throws {
    let id = before.artifact.id
    if let fault = ArtifactLook.look(at: before.lookFiles, below: before.artifact.dataRoot).fault {
      return takeOut([(id, fault)], now: .now)
    }
    if found.pieces == evidence.pieces {
      try database.confirmEvidence(of: id, from: evidence.verifiedAt, at: .now())
      return
    }
    // Fewer pieces, and the files look as ever: the disk has changed them. More: they were unreadable before.
    if !evidence.pieces.pieces.allSatisfy({ found.pieces[$0] }) {
      let reason = "damaged on disk: \(found.problem ?? "pieces do not verify")"
      care.withLock { $0.scrub.damaged += 1 }
      takeOutOfService(id, reason: reason)
      tell(.out, before.artifact, reason, now: .now)
    }
    guard let kept = try update(before, with: found) else { return takeCare(of: [id], now: .now) }
    if kept.state == .ready, engine.isServing(id.rawValue) {
      tell(.back, kept, found.pieces.isFull ? "all its pieces verify" : "in part: \(kept.stateReason)", now: .now)
    }
  }

  /// Waits until it is time to read so many bytes more: not faster than the rate, and only while the window is open.
  private func waitForTurn(_ bytes: Int) {
    while !isStopping.load(ordering: .relaxed), !ScrubSchedule(settings: settings.scrub).isOpen(secondOfDay: Self.secondOfDay()) {
      Self.sleep(.seconds(1))
    }
    let rate = settings.scrub.rate.bytesPerSecond
    let left = care.withLock { state in
      state.scrub.bytes += Int64(bytes)
      return state.pace.delay(bytes: bytes, rate: rate, now: .now)
    }
    waitUnlessStopping(left)
  }

  /// Waits until it is time to read so many bytes more of an artifact in doubt. The rate is asked for each time: a reload changes it at once.
  func waitToVerify(_ bytes: Int) {
    guard let rate = settings.scrub.verifyRate?.bytesPerSecond else { return }
    waitUnlessStopping(care.withLock { $0.verifyPace.delay(bytes: bytes, rate: rate, now: .now) })
  }

  private func waitUnlessStopping(_ duration: Duration) {
    var left = duration
    while left > .zero, !isStopping.load(ordering: .relaxed) {
      let slice = min(left, .milliseconds(500))
      Self.sleep(slice)
      left -= slice
    }
  }

  private static func sleep(_ duration: Duration) { Thread.sleep(forTimeInterval: duration / .seconds(1)) }

  /// Seconds since midnight, in the host's own time.
  private static func secondOfDay() -> Int {
    var now = time(nil)
    var local = tm()
    localtime_r(&now, &local)
    return Int(local.tm_hour) * 3_600 + Int(local.tm_min) * 60 + Int(local.tm_sec)
  }

  private static let scrubPause = Duration.seconds(30)

  /// How the data is looked after, for `status`.
  func scrubDocument() throws -> StatusDocument.Scrub {
    let limit = ScrubSchedule(settings: settings.scrub).limit(now: .now())
    let age = try database.evidenceAge(before: limit ?? Timestamp(nanoseconds: .min))
    return care.withLock { state in
      var document = StatusDocument.Scrub()
      (document.oldestEvidence, document.artifactsDue) = (age.oldest?.at.iso8601, age.due)
      (document.current, document.artifactsVerified) = (state.scrub.current, state.scrub.artifacts)
      (document.bytesVerified, document.artifactsDamaged) = (state.scrub.bytes, state.scrub.damaged)
      (document.artifactsLookedAt, document.rounds) = (state.walk.looked, state.walk.rounds)
      document.outOfService = state.book.count
      return document
    }
  }

  /// How leases fare, for `status`.
  func leasesDocument() -> StatusDocument.Leases? {
    guard let counts = cache.leases?.counts else { return nil }
    var document = StatusDocument.Leases()
    (document.held, document.taken, document.broken) = (counts.held, counts.taken, counts.broken)
    (document.notOurs, document.beingWritten, document.unsupported) = (counts.notOurs, counts.beingWritten, counts.unsupported)
    if let windows = cache.windows {
      (document.windows, document.windowBytes, document.windowBytesMost) = (windows.count, windows.budget.used, windows.budget.limit)
    }
    return document
  }
}
