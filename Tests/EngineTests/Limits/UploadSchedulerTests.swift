import Testing

@testable import Engine

/// The upload limits as a value, on a clock of the test's own.
struct UploadSchedulerTests {
  typealias Wish = (principal: String, artifact: Int64, block: Int)

  /// What ten seconds bring: exact to 2 %, or to a batch where a batch is more than that.
  private func isExact(_ sent: Int, _ rate: Int64, batch: Int, seconds: Int = 10) -> Bool {
    let wanted = Double(rate) * Double(seconds)
    return abs(Double(sent) - wanted) <= max(wanted * 0.02, Double(batch))
  }

  @Test(arguments: [10 << 10, 100 << 10, 1 << 20, 33_333_333, 100 << 20, 1 << 30, 10 << 30] as [Int64], [16 << 10, 128 << 10])
  func theNodesRateIsExactOverTenSeconds(rate: Int64, block: Int) {
    var run = UploadSimulation(UploadRates(node: rate), (0..<40).map { ("p\($0 % 7)", Int64($0 % 3), block) })
    run.run(.seconds(10))
    #expect(isExact(run.total, rate, batch: max(block, 1 << 20 < rate / 50 ? 1 << 20 : 0)), "\(run.total)")
  }

  @Test(arguments: [10 << 10, 1 << 20, 200 << 20] as [Int64], [16 << 10, 128 << 10])
  func eachArtifactAndEachPrincipalHasItsRate(rate: Int64, block: Int) {
    let wishes: [Wish] = (0..<60).map { ("p\($0 % 10)", Int64($0 % 6), block) }
    var artifacts = UploadSimulation(UploadRates(artifact: rate), wishes)
    artifacts.run(.seconds(10))
    #expect(isExact(artifacts.total, 6 * rate, batch: 6 * block), "\(artifacts.total)")
    var principals = UploadSimulation(UploadRates(principal: rate), wishes)
    principals.run(.seconds(10))
    for number in 0..<10 { #expect(isExact(principals.sent(of: "p\(number)"), rate, batch: block)) }
  }

  @Test
  func aBatchNeedsTokensOfAllThreeAndTheLowestRateCounts() {
    // Four principals of 1 MiB/s each, one artifact of 3 MiB/s, a node of 100.
    let rates = UploadRates(node: 100 << 20, artifact: 3 << 20, principal: 1 << 20)
    var run = UploadSimulation(rates, (0..<8).map { ("p\($0 % 4)", 1, 16 << 10) })
    run.run(.seconds(10))
    #expect(isExact(run.total, 3 << 20, batch: 16 << 10))
    for number in 0..<4 { #expect(isExact(run.sent(of: "p\(number)"), (3 << 20) / 4, batch: 128 << 10)) }
  }

  @Test(arguments: [UploadRates(node: 10 << 20), UploadRates(artifact: 10 << 20), UploadRates(node: 10 << 20, artifact: 50 << 20)])
  func fiftyConnectionsGetNoMoreThanOne(rates: UploadRates) {
    var wishes = [Wish](repeating: ("many", 1, 16 << 10), count: 50)
    wishes.append(("one", 1, 16 << 10))
    var run = UploadSimulation(rates, wishes)
    run.run(.seconds(10))
    #expect(isExact(run.sent(of: "one"), 5 << 20, batch: 1 << 20), "\(run.sent(of: "one"))")
    #expect(isExact(run.sent(of: "many"), 5 << 20, batch: 1 << 20))
    // Within a principal its connections take turns.
    let shares = (1...50).map { run.sent[$0] ?? 0 }
    #expect((shares.max() ?? 0) - (shares.min() ?? 0) <= 2 * (200 << 10), "\(shares)")
  }

  @Test
  func largeBlocksGetNoMoreThanSmallOnes() {
    var run = UploadSimulation(UploadRates(node: 1 << 20), [("large", 1, 128 << 10), ("small", 2, 16 << 10)])
    run.run(.seconds(20))
    #expect(abs(run.sent(of: "large") - run.sent(of: "small")) <= 256 << 10, "\(run.sent)")
  }

  @Test
  func anArtifactWithoutTokensHoldsUpNobodyElse() {
    // The slow artifact's peers fill the line; another artifact has its whole rate, for the same principal too.
    var wishes: [Wish] = (0..<100).map { ("p\($0 % 5)", 1, 16 << 10) }
    wishes += [("p0", 2, 16 << 10), ("q", 2, 16 << 10)]
    var run = UploadSimulation(UploadRates(artifact: 256 << 10), wishes)
    run.run(.seconds(10))
    let other: Int = run.sent[101, default: 0] + run.sent[102, default: 0]
    #expect(isExact(other, 256 << 10, batch: 16 << 10), "\(other)")
    #expect(isExact(run.total - other, 256 << 10, batch: 16 << 10))
  }

  @Test
  func nobodyStarves() {
    let rates = UploadRates(node: 2 << 20, artifact: 1 << 20, principal: 512 << 10)
    let wishes: [Wish] = (0..<200).map { number in ("p\(number / 8)", Int64(number % 4), number.isMultiple(of: 2) ? 16_384 : 131_072) }
    var run = UploadSimulation(rates, wishes)
    run.run(.seconds(60))
    for number in 0..<25 { #expect(isExact(run.sent(of: "p\(number)"), (2 << 20) / 25, batch: 512 << 10, seconds: 60)) }
    #expect((1...200).allSatisfy { (run.sent[$0] ?? 0) > 0 })
  }

  @Test
  func thoseThatDieTakeNoTokensWithThem() {
    var run = UploadSimulation(UploadRates(node: 1 << 20, artifact: 1 << 20), (0..<100).map { ("p\($0)", 1, 16 << 10) })
    for number in 1...95 {
      run.run(.milliseconds(100))
      run.kill(PeerNumber(number))
    }
    run.run(.milliseconds(500))
    #expect(isExact(run.total, 1 << 20, batch: 32 << 10), "\(run.total)")
    #expect(run.scheduler.waitingCount <= 5)
  }

  @Test
  func whoIsServedAndHasNoDebtIsForgotten() {
    let start = ContinuousClock.now
    var scheduler = UploadScheduler(rates: UploadRates(node: 1 << 20, artifact: 1 << 20, principal: 1 << 20), now: start)
    for number in 1...100 {
      _ = scheduler.take(UploadClaim(number: PeerNumber(number), principal: "p\(number)", artifact: Int64(number)), 16_384, now: start)
    }
    var now = start
    while scheduler.waitingCount > 0, now < start + .seconds(60) {
      now += .milliseconds(10)
      while scheduler.next(now: now) != nil {}
    }
    scheduler.sweep(now: now)
    #expect(scheduler.rememberedCount > 0)
    scheduler.sweep(now: now + .seconds(1))
    #expect(scheduler.waitingCount == 0 && scheduler.rememberedCount <= 1)
  }

  @Test
  func otherRatesHoldAtOnceAndNoneLetsEverybodyGo() {
    var run = UploadSimulation(UploadRates(artifact: 64 << 10, principal: 64 << 10), (0..<10).map { ("p\($0)", 1, 16 << 10) })
    run.run(.seconds(2))
    var scheduler = run.scheduler
    #expect(scheduler.waitingCount == 10)
    scheduler.set(rates: UploadRates(artifact: 64 << 10), now: run.now)
    scheduler.set(rates: UploadRates(), now: run.now)
    var served = 0
    while scheduler.next(now: run.now) != nil { served += 1 }
    #expect(served == 10 && scheduler.waitingCount == 0)
  }
}
