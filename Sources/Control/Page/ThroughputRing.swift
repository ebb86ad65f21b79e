/// How much went out and came in, at two paces: the last minutes closely, the last day coarsely. About 20 KB, however long the node runs.
///
/// A value, fed with the counters and a clock about as often as the closer pace says. Time that nobody fed it for is a gap, not a zero: the
/// machine slept, or the process was stopped.
package struct ThroughputRing: Sendable {
  package typealias Instant = ContinuousClock.Instant

  /// One pace.
  package struct Series: Sendable {
    /// Seconds of a sample.
    package let step: Int64
    /// Bytes by slot; a gap where nobody looked.
    private var slots: [Slot?]
    /// The number of the slot that is being filled.
    private var current: Int64 = 0

    fileprivate struct Slot: Sendable {
      var up = 0.0
      var down = 0.0
      /// Of its seconds, those that were counted.
      var seconds = 0.0
    }

    fileprivate init(step: Int64, count: Int) {
      self.step = step
      slots = [Slot?](repeating: nil, count: count)
    }

    /// What passed between two moments, in seconds, goes to the slots that they span: who feeds it is never quite in step with them.
    fileprivate mutating func add(up: Int64, down: Int64, from start: Double, to end: Double) {
      for number in (Int64(start) / step)...(Int64(end) / step) {
        let edges = (Double(number * step), Double((number + 1) * step))
        let seconds = min(end, edges.1) - max(start, edges.0)
        guard seconds > 0 else { continue }
        move(to: number)
        var slot = slots[index(number)] ?? Slot()
        slot.up += Double(up) * seconds / (end - start)
        slot.down += Double(down) * seconds / (end - start)
        slot.seconds += seconds
        slots[index(number)] = slot
      }
    }

    private mutating func move(to number: Int64) {
      guard number > current else { return }
      for passed in max(current + 1, number - Int64(slots.count) + 1)...number { slots[index(passed)] = nil }
      current = number
    }

    private func index(_ number: Int64) -> Int { Int(number % Int64(slots.count)) }

    /// Bytes a second, the oldest first, without the sample that is not full yet; nil for a gap.
    fileprivate var rates: [(up: Int64, down: Int64)?] {
      let first = max(0, current - Int64(slots.count) + 1)
      return (first..<max(first, current)).map { number in
        slots[index(number)].map { (Int64(($0.up / $0.seconds).rounded()), Int64(($0.down / $0.seconds).rounded())) }
      }
    }
  }

  package enum Span: String, Sendable, Hashable, CaseIterable { case recent, day }

  private let began: Instant
  private var recent = Series(step: 2, count: 301)
  private var day = Series(step: 300, count: 289)
  private var last: (at: Instant, up: Int64, down: Int64)

  /// Begins with the counters as they are.
  package init(up: Int64, down: Int64, at moment: Instant) {
    began = moment
    last = (moment, up, down)
  }

  /// The counters as they are now. More than so long after the last time, what passed between is nobody's.
  package mutating func record(up: Int64, down: Int64, at moment: Instant) {
    let (before, start, end) = (last, (last.at - began) / .seconds(1), (moment - began) / .seconds(1))
    guard end > start else { return }
    last = (moment, up, down)
    guard end - start <= Self.longestGap else { return }
    let (sent, received) = (max(0, up &- before.up), max(0, down &- before.down))
    recent.add(up: sent, down: received, from: start, to: end)
    day.add(up: sent, down: received, from: start, to: end)
  }

  private static let longestGap = 10.0

  /// How often it wants to be fed.
  package static let pace = Duration.seconds(2)

  /// The latest full sample; nil where there is none.
  package var latest: (up: Int64, down: Int64)? { recent.rates.last.flatMap { $0 } }

  /// The samples of a span.
  package func document(_ span: Span) -> ThroughputDocument {
    let series = span == .recent ? recent : day
    let rates = series.rates
    return ThroughputDocument(span: span.rawValue, step: series.step, up: rates.map { $0?.up }, down: rates.map { $0?.down })
  }
}
