/// What a schedule knows of one tracker. Small, for a node keeps tens of thousands: what came of announces is an object of its own, there once
/// there is something.
package struct TrackerRecord: Hashable, Sendable {
  /// The tracker, shared with all other torrents that name it.
  let tracker: NamedTracker
  private var success: Kept<Success>?
  private var failure: Kept<TrackerError>?
  private var failureCount: UInt16 = 0
  /// Whether the tracker has taken our `started`, and so is owed a `stopped`.
  package internal(set) var isStarted = false
  /// Whether the end of the download is still to be told.
  var owesCompleted = false
  /// Not asked before this, because of a failure.
  var notBefore: Duration

  private struct Success: Hashable, Sendable {
    let answer: TrackerAnswer
    let at: Duration
  }

  /// The URL as the torrent has it.
  package var text: String { tracker.text }
  /// The URL parsed; nil where we do not announce to it, and `lastError` says why.
  package var url: TrackerURL? { tracker.url }
  /// Failures since the last success, at most 1000.
  package var failures: Int { Int(failureCount) }
  /// The last failure, nil after a success.
  package var lastError: TrackerError? { failure?.value ?? tracker.problem }
  /// What is of use of the last answer.
  package var lastAnswer: TrackerAnswer? { success?.value.answer }
  /// When the last answer came.
  package var lastSuccess: Duration? { success?.value.at }

  init(_ tracker: NamedTracker, start: Duration) {
    (self.tracker, notBefore) = (tracker, start)
  }

  /// The tracker has answered.
  mutating func succeeded(_ response: AnnounceResponse, now: Duration) {
    var answer = TrackerAnswer(response)
    // A tracker that names no id keeps the one it named before.
    answer.trackerID = answer.trackerID ?? lastAnswer?.trackerID
    success = Kept(Success(answer: answer, at: now))
    (failure, failureCount, notBefore) = (nil, 0, now)
  }

  /// The tracker has not answered, or has refused.
  mutating func failed(_ error: TrackerError) {
    failureCount = min(failureCount + 1, 1000)
    if failure?.value != error { failure = Kept(error) }
  }

  /// The tracker was not asked, for others have found that it cannot be reached.
  mutating func postponed(_ error: TrackerError, until time: Duration) {
    if failure?.value != error { failure = Kept(error) }
    (failureCount, notBefore) = (max(failureCount, 1), time)
  }
}

/// What is kept of a tracker's answer: without the peers, which were handed on, and the interval, which is a time by now.
package struct TrackerAnswer: Hashable, Sendable {
  package let seeders: Int64?
  package let leechers: Int64?
  /// `warning message`, as the tracker sent it.
  package let warning: String?
  /// `tracker id`, to be sent with later announces.
  package fileprivate(set) var trackerID: [UInt8]?

  init(_ response: AnnounceResponse) {
    (seeders, leechers, warning, trackerID) = (response.seeders, response.leechers, response.warning, response.trackerID)
  }
}

/// A value in an object, so that who has none holds no room for it.
private final class Kept<Value: Hashable & Sendable>: Hashable, Sendable {
  let value: Value

  init(_ value: Value) { self.value = value }

  static func == (one: Kept, other: Kept) -> Bool { one === other || one.value == other.value }
  func hash(into hasher: inout Hasher) { hasher.combine(value) }
}
