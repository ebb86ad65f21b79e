internal import PluginKit

/// What one subject of a quota has used: a value, kept in the plugin's store as bytes.
///
/// A connection leases room before it lets requests through, and settles what was really sent: so the sum of what was sent and what may still
/// be sent never exceeds the limit, and no two connections meet at the account for each block.
struct QuotaAccount: Sendable, Hashable {
  /// What came of asking for room.
  enum Lease: Sendable, Hashable {
    case leased(Int64)
    /// There is room, but other connections (or requests of this one) hold it.
    case held
    /// The quota is used up; `isNews` the first time in this step.
    case exhausted(isNews: Bool)
  }

  /// The step that `current` is about.
  private(set) var step: Int64
  private var current: Int64 = 0
  /// Of the step before; 0 where windows do not slide.
  private(set) var previous: Int64 = 0
  /// Room that connections hold.
  private(set) var leased: Int64 = 0
  /// The process that leases count in: those of another are gone with it.
  private var run: UInt64
  /// The last step in which somebody was told that the quota is used up.
  private var toldStep: Int64
  /// The limit that it was told of: a higher one is another matter.
  private var toldLimit: Int64 = 0
  /// When nothing of this matters any more, nanoseconds since 1970.
  private(set) var expires: Int64 = 0

  /// An account that nothing was taken from.
  init(step: Int64, run: UInt64) {
    (self.step, self.run, toldStep) = (step, run, .min)
  }

  /// What counts against the limit now.
  var used: Int64 { current.addingClamped(previous) }

  /// What counts, or the limit that was told to be used up: a block that is larger than what is left of it does not fit any more.
  var usedUp: Int64 { max(used, toldStep == step ? toldLimit : 0) }

  /// Goes on to the moment's step. A clock that was put back leaves the account where it is.
  mutating func advance(_ window: QuotaWindow, to now: WallTime, run: UInt64) {
    if run != self.run { (self.run, leased) = (run, 0) }
    let next = window.step(at: now)
    if next > step {
      previous = window.isSliding && next == step + 1 ? current : 0
      (step, current) = (next, 0)
    }
    expires = window.isEndless ? now.nanoseconds.addingClamped(QuotaWindow.quiet) : window.end(ofStep: step + 1).nanoseconds
  }

  /// Asks for room of at least `least` and at most `most` units.
  mutating func lease(least: Int64, most: Int64, limit: Int64) -> Lease {
    let left = limit - min(used, limit)
    if left < least {
      defer { (toldStep, toldLimit) = (step, limit) }
      return .exhausted(isNews: toldStep != step || toldLimit != limit)
    }
    let free = left - leased
    guard free >= least else { return .held }
    // Near the end the pieces become small, so that the last of it is not held by one who does not use it.
    let size = min(free, max(least, min(most, free / 16)))
    leased += size
    return .leased(size)
  }

  /// Room that was leased has been used for what was sent; what was sent beyond any lease is counted all the same.
  mutating func settle(sent: Int64, leased part: Int64) {
    current = current.addingClamped(sent)
    giveBack(part)
  }

  /// Leased room that is not needed.
  mutating func giveBack(_ units: Int64) { leased = max(0, leased - units) }

  /// Whether requests are refused in this step.
  func isUsedUp(limit: Int64) -> Bool { used >= limit || (toldStep == step && limit <= toldLimit) }

  /// The moment at which there is room again.
  func again(_ window: QuotaWindow) -> WallTime {
    window.end(ofStep: window.isSliding && previous == 0 ? step + 1 : step)
  }

  // MARK: Bytes

  /// The account that the bytes hold; nil for others.
  init?(_ bytes: [UInt8]) {
    guard let numbers = WordBytes.decode(bytes, count: 8), numbers[2] >= 0, numbers[3] >= 0, numbers[4] >= 0 else { return nil }
    (expires, step, current, previous, leased) = (numbers[0], numbers[1], numbers[2], numbers[3], numbers[4])
    (run, toldStep, toldLimit) = (UInt64(bitPattern: numbers[5]), numbers[6], numbers[7])
  }

  /// The account as bytes: eight big-endian words.
  var bytes: [UInt8] {
    WordBytes.encode([expires, step, current, previous, leased, Int64(bitPattern: run), toldStep, toldLimit])
  }
}

extension Int64 {
  fileprivate func addingClamped(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
