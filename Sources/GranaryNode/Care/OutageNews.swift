/// What is said about artifacts that go out of service or come back: each by itself while they are few, the rest as one sentence. A mount
/// of ten thousand artifacts that vanishes is one event. A value.
struct OutageNews {
  enum Kind: String, Hashable, CaseIterable {
    case out
    case back
  }

  /// Many at once.
  struct Summary: Hashable {
    let kind: Kind
    /// How many there are beside those that were named.
    let count: Int
    /// The last one's name and reason.
    let name: String
    let reason: String
  }

  private struct Window {
    let began: ContinuousClock.Instant
    var named = 0
    var rest: (count: Int, name: String, reason: String)?
  }

  private static let length = Duration.seconds(30)
  private static let named = 10

  private var windows: [Kind: Window] = [:]

  /// Whether this one is to be named by itself; else it is counted for the next summary.
  mutating func add(_ kind: Kind, name: String, reason: String, now: ContinuousClock.Instant) -> Bool {
    var window = windows[kind] ?? Window(began: now)
    defer { windows[kind] = window }
    if window.named < Self.named {
      window.named += 1
      return true
    }
    window.rest = ((window.rest?.count ?? 0) + 1, name, reason)
    return false
  }

  /// The sentences that are due.
  mutating func take(now: ContinuousClock.Instant) -> [Summary] {
    Kind.allCases.compactMap { kind in
      guard let window = windows[kind], now - window.began >= Self.length else { return nil }
      windows[kind] = nil
      return window.rest.map { Summary(kind: kind, count: $0.count, name: $0.name, reason: $0.reason) }
    }
  }
}
