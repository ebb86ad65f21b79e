import Testing

@testable import Catalogue

/// Fetches of a mirror that have failed.
@Suite struct RetryTests {
  private static func held(_ name: String, isComplete: Bool = false) -> HeldArtifact {
    HeldArtifact(infoHash: Made.hash(name), name: name, size: 1, isComplete: isComplete, isFailed: !isComplete)
  }

  @Test func `each is tried after a minute, then after twice as long, up to an hour`() {
    var retries = FetchRetries()
    let one = [Self.held("a")]
    var tried: [Int64] = []
    for now in stride(from: Int64(0), through: 20_000, by: 10) where !retries.due(one, held: one, now: now).isEmpty { tried.append(now) }
    #expect(tried == [60, 180, 420, 900, 1860, 3780, 7380, 10_980, 14_580, 18_180])
  }

  @Test func `what is whole or gone is forgotten, and what is being fetched again is not`() {
    var retries = FetchRetries()
    let (one, other) = (Self.held("a"), Self.held("b"))
    #expect(retries.due([one, other], held: [one, other], now: 0).isEmpty)
    // While it is fetched it is not failed, and what was is remembered.
    #expect(retries.due([], held: [one, other], now: 60).isEmpty)
    #expect(retries.due([one], held: [one, Self.held("b", isComplete: true)], now: 60) == [one])
    #expect(retries.due([other], held: [one, other], now: 60).isEmpty)
    #expect(retries.due([other], held: [one, other], now: 120) == [other])
  }

  @Test func `a follower has it gone on with, and says so`() async throws {
    let rig = try FollowerRig()
    try rig.publish(["app-1"])
    await rig.poll()
    rig.replica.fail()
    await rig.poll()
    #expect(rig.replica.retried.isEmpty)
    rig.clock.withLock { $0 += 60 }
    await rig.poll()
    #expect(rig.replica.retried == ["app-1"])
    #expect(rig.reasons("retry") == ["its fetch had failed"])
    rig.clock.withLock { $0 += 60 }
    await rig.poll()
    #expect(rig.replica.retried == ["app-1"])
  }
}
