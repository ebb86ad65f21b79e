/// A slow walk round everything that is in service, at a set rate. A value; it says how far it may go now.
struct PatrolWalk {
  /// The artifact that it stands at: the next one has a higher number.
  private(set) var position: Int64
  /// Artifacts looked at, and how often it has been all the way round.
  private(set) var looked = 0
  private(set) var rounds = 0
  private var allowance: Double = 0
  private var last: ContinuousClock.Instant?
  private var pausedUntil: ContinuousClock.Instant?

  /// A round does not begin sooner than this after the last one's end: a small inventory is not looked at all the time.
  private static let rest = Duration.seconds(10)
  /// Files that count as one artifact more.
  private static let filesAtOnce = 16

  /// The files that so many artifacts' time is enough for.
  static func files(_ artifacts: Int) -> Int { artifacts * filesAtOnce }

  init(position: Int64 = 0) {
    self.position = max(0, position)
  }

  /// How many artifacts may be looked at now, at so many a second. What is not used is kept for one second.
  mutating func budget(rate: Int, now: ContinuousClock.Instant) -> Int {
    let elapsed = last.map { max(0, ($0.duration(to: now)) / .seconds(1)) } ?? 1
    last = now
    allowance = min(allowance + elapsed * Double(rate), Double(rate))
    if let pausedUntil, now < pausedUntil { return 0 }
    pausedUntil = nil
    return max(0, Int(allowance))
  }

  /// An artifact of so many files was looked at. One of very many files takes several artifacts' time.
  mutating func passed(_ id: Int64, files: Int) {
    position = max(position, id)
    looked += 1
    allowance -= 1 + Double(files / Self.filesAtOnce)
  }

  /// Nothing comes after the position: the walk begins anew, after a rest.
  mutating func wrap(now: ContinuousClock.Instant) {
    position = 0
    rounds += 1
    pausedUntil = now + Self.rest
  }
}
