/// Which trackers nobody has reached of late, so that not each of ten thousand torrents finds that out by itself. A value.
///
/// After some failures in a row, of whatever torrents, a tracker is out of reach: one announce now and then tries it, and the others wait. Any
/// answer, whatever it says, ends that.
package struct TrackerReach: Sendable {
  /// What an announce is to do.
  package enum Way: Hashable, Sendable {
    /// Go.
    case open
    /// Wait until some time between these. The error is what the last that went has met.
    case closed(from: Duration, to: Duration, TrackerError)
  }

  private struct Outage: Sendable {
    var failures = 0
    /// How long after a failure the next one tries.
    var pause = TrackerReach.firstPause
    var nextTry = Duration.zero
    /// Whether one that tries is under way; `nextTry` is when it is given up then.
    var isTried = false
    var error: TrackerError
  }

  /// Failures in a row after which a tracker is out of reach.
  package static let patience = 10
  /// The pause before the first that tries; it doubles with each that fails.
  package static let firstPause = Duration.seconds(10)
  /// The longest pause: within twice this after a tracker is back, all its torrents have been announced again.
  package static let longestPause = Duration.seconds(300)
  /// How long one that tries may be under way before another does.
  private static let silence = Duration.seconds(180)
  /// Torrents from elsewhere may name any number of trackers.
  private static let most = 1000

  private var outages: [String: Outage] = [:]

  package init() {}

  /// What an announce to the tracker of this origin is to do. Of a tracker out of reach the first to come when it is time is the one that
  /// tries: nobody else goes before its end.
  package mutating func way(to origin: String, now: Duration) -> Way {
    guard let outage = outages[origin], outage.failures >= Self.patience else { return .open }
    guard now >= outage.nextTry else {
      let next = outage.isTried ? now + outage.pause : outage.nextTry
      return .closed(from: next, to: next + outage.pause, outage.error)
    }
    outages[origin]?.isTried = true
    outages[origin]?.nextTry = now + Self.silence
    return .open
  }

  /// An announce has come to this.
  package mutating func note(_ origin: String, _ result: Result<AnnounceResponse, TrackerError>, now: Duration) {
    switch result {
    case .failure(let error) where error.isOfReach: failed(origin, error, now)
    // Called off, it says nothing. If it was the one that tried, another does.
    case .failure(.cancelled): if outages[origin]?.isTried == true { outages[origin]?.nextTry = now }
    default: outages[origin] = nil
    }
  }

  private mutating func failed(_ origin: String, _ error: TrackerError, _ now: Duration) {
    guard outages[origin] != nil || outages.count < Self.most else { return }
    var outage = outages[origin] ?? Outage(error: error)
    outage.failures += 1
    outage.error = error
    // Those that were under way when it went out of reach change nothing.
    if outage.failures == Self.patience || outage.isTried {
      if outage.isTried { outage.pause = min(outage.pause * 2, Self.longestPause) }
      (outage.nextTry, outage.isTried) = (now + outage.pause, false)
    }
    outages[origin] = outage
  }
}

extension TrackerError {
  /// Whether nobody has answered at all.
  fileprivate var isOfReach: Bool {
    switch self {
    case .unreachable, .timedOut: true
    default: false
    }
  }
}
