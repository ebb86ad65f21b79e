import Metainfo

/// How much one peer is asked for at a time, and when it has kept us waiting for too long.
///
/// One for each connection, on its loop; a value fed with what was sent and came, and a clock. A connection
/// - calls `choked` and `unchoked` as the session says;
/// - asks `room` after each event that may have made some, gets so many blocks from the `PiecePicker`, shows each to `writeRequest`, and
///   calls `sent` for those that go out and `withheld` for those that do not;
/// - calls `arrived`, `rejected` or `dropped` for what becomes of each;
/// - calls `tick` about once a second: what it returns is released in the picker and cancelled on the wire.
///
/// The depth is bandwidth times round trip, and a cushion. It starts slowly: one more for each block that comes, so twice as many a round
/// trip, until that brings nothing more. A snubbed peer is asked for one block at a time.
package struct RequestPipeline: Sendable {
  package typealias Instant = ContinuousClock.Instant

  private struct Request: Sendable {
    let since: Instant
    let number: UInt64
  }

  package let limits: PipelineLimits
  /// Both sides have the fast extension (BEP 6): a choke leaves requests standing, and allowed pieces may be asked for.
  package let fast: Bool
  /// The most requests that the peer takes (`reqq`, BEP 10).
  package var peerLimit: Int?
  /// How many requests are to be out.
  package private(set) var depth: Int
  /// The peer has given nothing for too long.
  package private(set) var isSnubbed = false
  /// The shortest time between a request and its block.
  package private(set) var roundTrip: Duration?
  package private(set) var isChoked = true

  private var requests: [Block: Request] = [:]
  private var sentCount: UInt64 = 0
  private var answered: UInt64 = 0
  private var rate = DeliveryRate()
  private var isStarting = true
  private var bestSample = 0.0
  private var flatWindows = 0
  /// Smoothed time between a request and its block, waiting at the peer included.
  private var latency: Duration?
  private var lastArrival: Instant?
  private var silences = 0
  private var futile = 0
  private var pauses = 0
  private var pausedUntil: Instant?

  package init(fast: Bool, peerLimit: Int? = nil, limits: PipelineLimits = PipelineLimits()) {
    (self.fast, self.peerLimit, self.limits) = (fast, peerLimit, limits)
    depth = max(1, limits.initial)
  }

  /// Bytes a second that the peer gives when it is asked for enough.
  package var bytesPerSecond: Double { rate.value }
  /// Requests that are out.
  package var outstanding: Int { requests.count }
  package func isOutstanding(_ block: Block) -> Bool { requests[block] != nil }

  /// Whether the peer is fast enough to be given pieces of its own.
  package func prefersWholePieces(of pieceLength: Int) -> Bool {
    !isSnubbed && rate.value * (limits.wholePieceTime / .seconds(1)) >= Double(pieceLength)
  }

  /// How many blocks to ask for now. A few at a time once the pipeline is deep, so that requests leave together.
  package func room(_ now: Instant) -> Int {
    if isChoked, !fast { return 0 }
    if let end = pausedUntil, now < end { return 0 }
    let bound = min(depth, max(1, peerLimit ?? .max))
    let room = bound - requests.count
    return room >= max(1, min(32, bound / 8)) || requests.isEmpty ? max(0, room) : 0
  }

  /// When a pause ends, where one is on: `room` is to be asked then.
  package var resumption: Instant? { pausedUntil }

  // MARK: What happens

  package mutating func unchoked(_ now: Instant) {
    guard isChoked else { return }
    isChoked = false
    (pausedUntil, futile, pauses) = (nil, 0, 0)
    // It was not asked: that it gave nothing is no fault.
    lastArrival = now
    isStarting = true
    (bestSample, flatWindows) = (0, 0)
    rate.rest()
    if !requests.isEmpty { rate.begin(now) }
  }

  /// The peer chokes us. Without the fast extension what was out is dropped by it; the session names the same blocks.
  package mutating func choked() {
    isChoked = true
    guard !fast else { return }
    requests.removeAll()
    rate.rest()
  }

  package mutating func sent(_ block: Block, now: Instant) {
    if requests.isEmpty { lastArrival = now }
    sentCount += 1
    requests[block] = Request(since: now, number: sentCount)
    rate.begin(now)
  }

  /// A block has come, in time or late.
  package mutating func arrived(_ block: Block, now: Instant) {
    (futile, pauses, silences) = (0, 0, 0)
    pausedUntil = nil
    lastArrival = now
    if isSnubbed {
      isSnubbed = false
      restart()
    }
    if let request = requests.removeValue(forKey: block) {
      answered = max(answered, request.number)
      measure(now - request.since)
    }
    if isStarting { depth = bounded(depth + 1) }
    if let sample = rate.add(Int(block.length), roundTrip: roundTrip ?? .zero, now: now) { size(sample) }
    if requests.isEmpty { rate.rest() }
  }

  /// The peer refuses a block (BEP 6). While it serves us, many of those in a row make a pause.
  package mutating func rejected(_ block: Block, now: Instant) {
    dropped(block)
    lastArrival = now
    if !isChoked { countFutile(now) }
  }

  /// A block was cancelled, or lapsed: the peer owes it no more.
  package mutating func dropped(_ block: Block) {
    requests[block] = nil
    if requests.isEmpty { rate.rest() }
  }

  /// `writeRequest` keeps us from asking for a block. Many of those in a row make a pause: a plugin that keeps us from everything is not to be
  /// asked about each of a million blocks at once.
  package mutating func withheld(now: Instant) { countFutile(now) }

  /// The requests that have been out for too long. Where nothing has come at all, the peer is snubbed.
  package mutating func tick(_ now: Instant) -> [Block] {
    if let end = pausedUntil, now >= end { pausedUntil = nil }
    guard !requests.isEmpty, let lastArrival else { return [] }
    guard now - lastArrival < patience else {
      let blocks = requests.keys.sorted(by: Self.precedes)
      requests.removeAll()
      rate.rest()
      silences += 1
      // While it chokes us it owes an answer, but no data.
      if !isChoked { (isSnubbed, isStarting, depth) = (true, false, 1) }
      return blocks
    }
    // What came after them has come: they are forgotten.
    let overtaken = requests.filter { now - $0.value.since >= patience && $0.value.number + UInt64(depth) < answered }
    for block in overtaken.keys { requests[block] = nil }
    return overtaken.keys.sorted(by: Self.precedes)
  }

  /// How long the peer may be silent; longer after each silence, so that a slow one is not asked again and again in vain.
  package var patience: Duration {
    let base = latency.map { min(max($0 * 4, limits.shortestPatience), limits.longestPatience) } ?? limits.firstPatience
    return min(base * (1 << min(silences, 4)), max(base, limits.longestPatience))
  }

  // MARK: Measures

  private mutating func restart() {
    isStarting = true
    (bestSample, flatWindows) = (0, 0)
    depth = bounded(limits.initial)
  }

  private mutating func measure(_ sample: Duration) {
    roundTrip = min(roundTrip ?? sample, sample)
    latency = latency.map { $0 * 7 / 8 + sample / 8 } ?? sample
  }

  private mutating func size(_ sample: Double) {
    if isStarting {
      if sample >= bestSample * 1.25 {
        (bestSample, flatWindows) = (sample, 0)
      } else {
        flatWindows += 1
        isStarting = flatWindows < 3
      }
    }
    let time = (roundTrip ?? .zero) + limits.cushion
    let needed = bounded(Int(min(rate.value * (time / .seconds(1)) / Double(Block.standardLength), 1e6)) + 1)
    depth = isStarting ? max(depth, needed) : needed
  }

  private func bounded(_ depth: Int) -> Int { min(max(depth, limits.fewest, 1), max(1, limits.most)) }

  private mutating func countFutile(_ now: Instant) {
    futile += 1
    guard futile >= limits.futileRequests else { return }
    futile = 0
    pausedUntil = now + min(limits.shortestPause * (1 << min(pauses, 8)), limits.longestPause)
    pauses += 1
  }

  private static func precedes(_ one: Block, _ other: Block) -> Bool { (one.piece, one.offset) < (other.piece, other.offset) }
}
