import Metainfo
import TestSupport
import Testing

@testable import Engine

struct RequestPipelineTests {
  private let clock = ManualClock()

  private func block(_ number: Int) -> Block { Picking.block(number, 0) }

  /// A peer with a link of this rate in bytes a second and this round trip, for so many seconds; what comes of it in the second half.
  private func run(
    _ pipeline: inout RequestPipeline, rate: Double, roundTrip: Duration, seconds: Double
  ) -> (bytes: Int, deepest: Int) {
    var (queue, bytes, deepest, number): ([(Block, ContinuousClock.Instant)], Int, Int, Int) = ([], 0, 0, 0)
    var free = clock.now
    let (middle, end) = (clock.now + .seconds(seconds / 2), clock.now + .seconds(seconds))
    while clock.now < end {
      for _ in 0..<pipeline.room(clock.now) {
        pipeline.sent(block(number), now: clock.now)
        // The link carries one block after the other, each half a round trip after the peer has got its request.
        free = max(free, clock.now + roundTrip / 2) + .seconds(Double(Block.standardLength) / rate)
        queue.append((block(number), free + roundTrip / 2))
        number += 1
      }
      if clock.now >= middle { deepest = max(deepest, pipeline.outstanding) }
      guard let next = queue.first else { break }
      queue.removeFirst()
      clock.advance(by: max(.zero, next.1 - clock.now))
      pipeline.arrived(next.0, now: clock.now)
      if clock.now >= middle { bytes += Block.standardLength }
    }
    return (bytes, deepest)
  }

  @Test(arguments: [(1e5, 20), (1e6, 20), (1e7, 200), (1e8, 1), (5e7, 300)])
  func aLinkIsFilledAndNotFlooded(rate: Double, milliseconds: Int) {
    var pipeline = RequestPipeline(fast: true)
    pipeline.unchoked(clock.now)
    let roundTrip = Duration.milliseconds(milliseconds)
    let (bytes, deepest) = run(&pipeline, rate: rate, roundTrip: roundTrip, seconds: 20)
    #expect(Double(bytes) > 0.9 * rate * 10)
    // Bandwidth times round trip and cushion, and a little for what cannot be measured exactly.
    let product = rate * (roundTrip / .seconds(1) + 0.5) / Double(Block.standardLength)
    #expect(Double(deepest) < 1.6 * product + 4)
    #expect(!pipeline.isSnubbed)
    #expect(pipeline.prefersWholePieces(of: 1 << 20) == (rate > 6e4))
  }

  @Test func itStartsWithFewAndDoublesInARoundTrip() {
    var pipeline = RequestPipeline(fast: true)
    #expect(pipeline.depth == 4)
    pipeline.unchoked(clock.now)
    #expect(pipeline.room(clock.now) == 4)
    for number in 0..<4 { pipeline.sent(block(number), now: clock.now) }
    #expect(pipeline.room(clock.now) == 0)
    clock.advance(by: .milliseconds(50))
    for number in 0..<4 { pipeline.arrived(block(number), now: clock.now) }
    #expect(pipeline.depth == 8)
    #expect(pipeline.roundTrip == .milliseconds(50))
  }

  @Test func thePeersOwnLimitHolds() {
    var pipeline = RequestPipeline(fast: true, peerLimit: 3)
    pipeline.unchoked(clock.now)
    #expect(pipeline.room(clock.now) == 3)
    pipeline.peerLimit = 0
    #expect(pipeline.room(clock.now) == 1)
  }

  @Test func noPipelineIsDeeperThanTheMost() {
    var limits = PipelineLimits()
    limits.most = 10
    var pipeline = RequestPipeline(fast: true, limits: limits)
    pipeline.unchoked(clock.now)
    _ = run(&pipeline, rate: 1e9, roundTrip: .milliseconds(10), seconds: 1)
    #expect(pipeline.depth == 10)
  }

  // MARK: Choke

  @Test func aChokeDropsRequestsWithoutTheFastExtensionOnly() {
    for fast in [true, false] {
      var pipeline = RequestPipeline(fast: fast)
      #expect(pipeline.room(clock.now) == (fast ? 4 : 0))
      pipeline.unchoked(clock.now)
      pipeline.sent(block(0), now: clock.now)
      pipeline.choked()
      #expect(pipeline.outstanding == (fast ? 1 : 0))
      #expect(pipeline.room(clock.now) == (fast ? 3 : 0))
      // Answered by a reject, which while choked is no futile request.
      pipeline.rejected(block(0), now: clock.now)
      #expect(pipeline.outstanding == 0)
    }
  }

  // MARK: Silence

  @Test func aSilentPeerIsSnubbedAndAskedForOneBlock() {
    var pipeline = RequestPipeline(fast: true)
    pipeline.unchoked(clock.now)
    for number in 0..<4 { pipeline.sent(block(number), now: clock.now) }
    #expect(pipeline.tick(clock.advance(by: .seconds(19))) == [])
    #expect(pipeline.tick(clock.advance(by: .seconds(1))) == (0..<4).map(block))
    #expect(pipeline.isSnubbed && pipeline.outstanding == 0)
    #expect(pipeline.room(clock.now) == 1)
    pipeline.sent(block(9), now: clock.now)
    #expect(pipeline.room(clock.now) == 0)
    #expect(pipeline.tick(clock.advance(by: .seconds(20))) == [])
    #expect(pipeline.tick(clock.advance(by: .seconds(20))) == [block(9)])
    // A late block is a sign of life.
    pipeline.arrived(block(0), now: clock.now)
    #expect(!pipeline.isSnubbed && pipeline.depth >= 4)
  }

  @Test func whoChokesUsIsNotSnubbedForItsSilence() {
    var pipeline = RequestPipeline(fast: true)
    pipeline.unchoked(clock.now)
    pipeline.sent(block(0), now: clock.now)
    pipeline.choked()
    #expect(pipeline.tick(clock.advance(by: .seconds(20))) == [block(0)])
    #expect(!pipeline.isSnubbed)
  }

  @Test func patienceFollowsWhatIsUsual() {
    var pipeline = RequestPipeline(fast: true)
    pipeline.unchoked(clock.now)
    _ = run(&pipeline, rate: 1e6, roundTrip: .milliseconds(20), seconds: 5)
    #expect(pipeline.patience == .seconds(6))
    pipeline.sent(block(7_000_000), now: clock.now)
    #expect(!pipeline.tick(clock.advance(by: .seconds(6))).isEmpty)
    #expect(pipeline.isSnubbed)
  }

  @Test func aRequestThatOthersHaveOvertakenIsGivenUpByItself() {
    var pipeline = RequestPipeline(fast: false)
    pipeline.unchoked(clock.now)
    pipeline.sent(block(0), now: clock.now)
    for number in 1..<400 {
      pipeline.sent(block(number), now: clock.now)
      clock.advance(by: .milliseconds(100))
      pipeline.arrived(block(number), now: clock.now)
    }
    #expect(pipeline.tick(clock.now) == [block(0)])
    #expect(!pipeline.isSnubbed)
  }

  // MARK: Futile requests

  @Test func whoRejectsEverythingIsAskedLessAndLess() {
    var pipeline = RequestPipeline(fast: true)
    pipeline.unchoked(clock.now)
    var asked = 0
    for _ in 0..<60 {
      for _ in 0..<1_000 where pipeline.room(clock.now) > 0 {
        pipeline.sent(block(asked), now: clock.now)
        pipeline.rejected(block(asked), now: clock.now)
        asked += 1
      }
      _ = pipeline.tick(clock.advance(by: .seconds(1)))
    }
    #expect((64...300).contains(asked))
    pipeline.arrived(block(0), now: clock.now)
    #expect(pipeline.room(clock.now) > 0)
  }

  @Test func aPluginThatWithholdsEverythingIsAskedLessAndLess() {
    var pipeline = RequestPipeline(fast: true)
    pipeline.unchoked(clock.now)
    for _ in 0..<32 { pipeline.withheld(now: clock.now) }
    #expect(pipeline.room(clock.now) == 0)
    #expect(pipeline.resumption == clock.now + .seconds(1))
    clock.advance(by: .seconds(1))
    #expect(pipeline.room(clock.now) > 0)
    for _ in 0..<32 { pipeline.withheld(now: clock.now) }
    #expect(pipeline.resumption == clock.now + .seconds(2))
    // A new unchoke begins anew.
    pipeline.choked()
    pipeline.unchoked(clock.now)
    #expect(pipeline.room(clock.now) > 0)
  }
}
