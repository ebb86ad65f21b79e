internal import PluginKit

/// How often something may happen: so many times in each window.
struct MessageRate: Sendable, Hashable, CustomStringConvertible {
  let count: Int
  /// Nanoseconds.
  let window: Int64

  init(count: Int, seconds: Int64) {
    (self.count, window) = (count, seconds * 1_000_000_000)
  }

  /// Reads `60/1m`: 1 to 10,000 times in 1s to 1d.
  init(_ text: String) throws(SettingsProblem) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(parts[0]),
      (1...10_000).contains(count)
    else {
      throw SettingsProblem("expected how often in a time, such as 60/1m (1 to 10000 times), found '\(text)'")
    }
    let window = try AmountText.span(String(parts[1]))
    guard (1_000_000_000...86_400_000_000_000).contains(window) else {
      throw SettingsProblem("the time of '\(text)' is 1s to 1d")
    }
    (self.count, self.window) = (count, window)
  }

  var description: String { "\(count)/\(AmountText.describe(span: window))" }
}

/// What has been used of a rate in the window that runs.
struct RateWindow: Sendable {
  /// What becomes of one more.
  enum Answer: Sendable, Hashable {
    case fine
    /// More than there may be.
    case tooMany
    /// So many more that it is no mistake.
    case flood
  }

  /// From so many times the rate on it is a flood.
  static let patience = 10

  let rate: MessageRate
  private var began: ContinuousClock.Instant?
  private var spent = 0

  init(_ rate: MessageRate) { self.rate = rate }

  /// Counts one.
  mutating func spend(at now: ContinuousClock.Instant) -> Answer {
    if let began, now < began + .nanoseconds(rate.window) {
      spent += 1
    } else {
      (began, spent) = (now, 1)
    }
    return spent <= rate.count ? .fine : spent <= rate.count * Self.patience ? .tooMany : .flood
  }
}
