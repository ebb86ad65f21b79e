/// How a web seed has behaved, and when it may be asked again. A value fed with outcomes and a clock.
package struct WebSeedStanding: Sendable {
  package typealias Instant = ContinuousClock.Instant

  /// What came of a request.
  package enum Outcome: Sendable, Hashable {
    case given(bytes: Int, in: Duration)
    /// No answer, a broken one, or one that may be another in a while.
    case failed(String)
    /// The server asks to be left alone for so long (`Retry-After`).
    case busy(Duration, String)
    /// What it has is not what the torrent says, or it has it not.
    case unfit(String)
  }

  private static let firstPause = Duration.seconds(1)
  private static let longestPause = Duration.seconds(300)
  /// Requests grow to what the seed gives in about this time.
  private static let target = Duration.seconds(4)
  private static let smallest = 256 << 10
  private static let largest = 4 << 20

  private var failures = 0
  private var restsUntil: Instant?
  /// Why it is asked for nothing any more.
  package private(set) var end: String?
  /// What its last failure was; nil after a success.
  package private(set) var trouble: String?
  /// Bytes to ask for at once.
  package private(set) var portion = smallest

  package init() {}

  /// When it may be asked; nil: never again.
  package func next(after now: Instant) -> Instant? {
    guard end == nil else { return nil }
    return max(restsUntil ?? now, now)
  }

  package mutating func take(_ outcome: Outcome, now: Instant) {
    switch outcome {
    case .given(let bytes, let time):
      (failures, restsUntil, trouble) = (0, nil, nil)
      if time < Self.target / 2, bytes >= portion { portion = min(portion * 2, Self.largest) }
      if time > Self.target * 2 { portion = max(portion / 2, Self.smallest) }
    case .failed(let reason):
      trouble = reason
      restsUntil = now + min(Self.firstPause * (1 << min(failures, 10)), Self.longestPause)
      failures += 1
    case .busy(let time, let reason):
      trouble = reason
      restsUntil = now + min(max(time, Self.firstPause), Self.longestPause)
      failures += 1
    case .unfit(let reason): end = reason
    }
  }
}
