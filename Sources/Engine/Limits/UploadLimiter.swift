import Synchronization

/// The upload limits of the node, shared by its loops. Connections that find no tokens wait and are woken in turn, one batch each.
final class UploadLimiter: Sendable {
  private let scheduler: Mutex<UploadScheduler>
  /// Read for each batch, so that a node without a limit takes no lock.
  private let quantumOrZero: Atomic<Int>
  private let waits = Atomic<Int>(0)

  init(rates: UploadRates, now: ContinuousClock.Instant) {
    scheduler = Mutex(UploadScheduler(rates: rates, now: now))
    quantumOrZero = Atomic(rates.quantum ?? 0)
  }

  /// The most bytes that one connection takes at a time. Nil without a limit.
  var quantum: Int? {
    let quantum = quantumOrZero.load(ordering: .relaxed)
    return quantum > 0 ? quantum : nil
  }

  /// Batches that had to wait for tokens, since the start.
  var throttledBatches: Int { waits.load(ordering: .relaxed) }

  /// Other limits from now on. Those that wait keep their turns.
  func set(rates: UploadRates, now: ContinuousClock.Instant) {
    scheduler.withLock { $0.set(rates: rates, now: now) }
    quantumOrZero.store(rates.quantum ?? 0, ordering: .relaxed)
  }

  /// Takes tokens for a batch; false: the connection has been queued and will be woken with them.
  func take(_ bytes: Int, for claim: UploadClaim, now: ContinuousClock.Instant) -> Bool {
    if scheduler.withLock({ $0.take(claim, bytes, now: now) }) { return true }
    waits.add(1, ordering: .relaxed)
    return false
  }

  /// The connections whose turn it is, with their tokens taken: one of each principal at most, so that who asks again in a moment is not
  /// overtaken by fifty others of one principal meanwhile. Empty: nobody can be served now.
  func turns(now: ContinuousClock.Instant) -> [UploadScheduler.Turn] {
    scheduler.withLock { scheduler in
      var turns: [UploadScheduler.Turn] = []
      var served: Set<String> = []
      while let principal = scheduler.upcoming(now: now), served.insert(principal).inserted, let turn = scheduler.next(now: now) {
        served.insert(turn.claim.principal)
        turns.append(turn)
      }
      return turns
    }
  }

  /// How many connections wait.
  var waitingCount: Int { scheduler.withLock { $0.waitingCount } }

  /// A connection that waits is gone.
  func forget(_ claim: UploadClaim) { scheduler.withLock { $0.forget(claim) } }

  /// What was taken for a batch turned out to be so many bytes too few; negative: too many.
  func charge(_ bytes: Int, for claim: UploadClaim, now: ContinuousClock.Instant) {
    guard bytes != 0 else { return }
    scheduler.withLock { $0.charge(claim, bytes, now: now) }
  }

  /// About once a second: forgets whom no limit holds.
  func sweep(now: ContinuousClock.Instant) {
    guard quantum != nil else { return }
    scheduler.withLock { $0.sweep(now: now) }
  }
}
