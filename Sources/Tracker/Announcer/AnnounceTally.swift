/// What came of announces since the start, and which trackers answer now. A value.
package struct AnnounceTally: Sendable, Hashable {
  /// Announces that were answered, that were refused or failed, and trackers of now.
  package struct Counts: Sendable, Hashable {
    package var succeeded: Int64 = 0
    package var failed: Int64 = 0
    /// Trackers that were asked of late, and how many of them did not answer the last announce.
    package var trackers = 0
    package var failing = 0

    package init() {}
  }

  private struct Last: Sendable, Hashable {
    let at: Duration
    let hasFailed: Bool
  }

  private var counts = Counts()
  private var last: [String: Last] = [:]

  /// Who was not asked for so long is not asked any more.
  private static let late = Duration.seconds(7200)
  /// Torrents from elsewhere may name any number of trackers.
  private static let most = 1000

  package init() {}

  /// An announce has come to this. One that we have called off says nothing of its tracker.
  mutating func note(_ tracker: String, _ result: Result<AnnounceResponse, TrackerError>, now: Duration) {
    switch result {
    case .success: note(tracker, failed: false, now: now)
    case .failure(.cancelled): break
    case .failure: note(tracker, failed: true, now: now)
    }
  }

  /// An announce to a tracker has ended. Who forbids us is failing too.
  package mutating func note(_ tracker: String, failed: Bool, now: Duration) {
    if failed { counts.failed += 1 } else { counts.succeeded += 1 }
    if last[tracker] == nil, last.count >= Self.most { forget(now) }
    guard last[tracker] != nil || last.count < Self.most else { return }
    last[tracker] = Last(at: now, hasFailed: failed)
  }

  package mutating func counts(now: Duration) -> Counts {
    forget(now)
    var counts = counts
    (counts.trackers, counts.failing) = (last.count, last.values.count { $0.hasFailed })
    return counts
  }

  private mutating func forget(_ now: Duration) { last = last.filter { now - $0.value.at < Self.late } }
}
