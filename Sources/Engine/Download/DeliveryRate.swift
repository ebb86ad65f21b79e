/// How fast blocks arrive: the best of the last windows, each at least a tenth of a second and a round trip long. Short lulls, in which we had
/// asked for nothing, do not make a peer slow.
struct DeliveryRate: Sendable, Hashable {
  typealias Instant = ContinuousClock.Instant

  private static let windows = 10
  private static let shortest = Duration.milliseconds(100)

  private var samples: [Double] = []
  private var next = 0
  private var bytes = 0
  private var began: Instant?

  /// Bytes a second; 0 before the first window has ended.
  private(set) var value = 0.0

  /// Begins a window, where none is under way: what is asked for now is on its way.
  mutating func begin(_ now: Instant) {
    if began == nil { began = now }
  }

  /// Nothing is on its way any more.
  mutating func rest() { (began, bytes) = (nil, 0) }

  /// Counts what has come; the rate in the window that has ended by it.
  mutating func add(_ count: Int, roundTrip: Duration, now: Instant) -> Double? {
    bytes += count
    guard let start = began, now - start >= max(roundTrip, Self.shortest) else { return nil }
    let sample = Double(bytes) / ((now - start) / .seconds(1))
    (began, bytes) = (now, 0)
    if samples.count < Self.windows { samples.append(sample) } else { samples[next] = sample }
    next = (next + 1) % Self.windows
    value = samples.max() ?? 0
    return sample
  }
}
