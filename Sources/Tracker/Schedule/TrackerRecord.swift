/// What a schedule knows of one tracker.
package struct TrackerRecord: Hashable, Sendable {
  /// The tracker, shared with all other torrents that name it.
  private let tracker: NamedTracker
  /// Whether the tracker has taken our `started`, and so is owed a `stopped`.
  package internal(set) var isStarted = false
  /// Failures since the last success.
  package internal(set) var failures = 0
  /// The last failure, nil after a success.
  package internal(set) var lastError: TrackerError?
  /// The last answer, without the peers that it named: those were handed on.
  package internal(set) var lastResponse: AnnounceResponse?
  /// When the last answer came.
  package internal(set) var lastSuccess: Duration?

  /// Not asked before this, because of a failure.
  var notBefore: Duration
  /// Whether the end of the download is still to be told.
  var owesCompleted = false

  /// The URL as the torrent has it.
  package var text: String { tracker.text }
  /// The URL parsed; nil where we do not announce to it, and `lastError` says why.
  package var url: TrackerURL? { tracker.url }

  init(_ tracker: NamedTracker, start: Duration) {
    (self.tracker, notBefore, lastError) = (tracker, start, tracker.problem)
  }
}
