/// Why an announce or a scrape has no result.
package enum TrackerError: Error, Hashable, Sendable {
  /// When a tracker wants to be asked again (BEP 31).
  package enum Retry: Hashable, Sendable {
    case after(Duration)
    case never
  }

  /// A URL that we do not announce to, with the reason.
  case unsupported(String)
  /// No connection, or one that broke.
  case unreachable(String)
  /// No answer in time.
  case timedOut
  /// The task that asked was cancelled.
  case cancelled
  /// An HTTP status other than 200.
  case badStatus(Int)
  /// An answer that cannot be read: the field or offset, and what is wrong there.
  case malformed(place: String, problem: String)
  /// The tracker's own `failure reason`, as it sent it.
  case refused(reason: String, retry: Retry?)
}

extension TrackerError: CustomStringConvertible {
  /// A message for a person; the tracker's own words are escaped and cut.
  package var description: String {
    switch self {
    case .unsupported(let reason): reason
    case .unreachable(let reason): EscapedText.escape(reason)
    case .timedOut: "no answer in time"
    case .cancelled: "cancelled"
    case .badStatus(let status): "the tracker answered with HTTP status \(status)"
    case .malformed(let place, let problem): "the tracker's answer is malformed: \(place): \(EscapedText.escape(problem))"
    case .refused(let reason, _): "the tracker refuses: \(EscapedText.escape(reason))"
    }
  }
}
