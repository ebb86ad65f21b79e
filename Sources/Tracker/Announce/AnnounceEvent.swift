/// What an announce tells beside its numbers (BEP 3). The raw value is BEP 15's.
package enum AnnounceEvent: UInt32, Hashable, Sendable {
  /// A regular announce.
  case none = 0
  /// The download has finished just now; never sent by who began as a seed.
  case completed = 1
  /// The first announce.
  case started = 2
  /// The last one.
  case stopped = 3

  /// The value of the HTTP parameter `event`, nil where it is left out.
  package var parameter: String? {
    switch self {
    case .none: nil
    case .completed: "completed"
    case .started: "started"
    case .stopped: "stopped"
    }
  }
}
