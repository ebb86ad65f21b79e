import PeerProtocol
import Testing

@Suite struct GlitchBudgetTests {
  private let start = ContinuousClock.now

  private func code(_ budget: inout GlitchBudget, _ glitches: Int, after seconds: Double) -> ProtocolViolation.Code? {
    do throws(ProtocolViolation) {
      try budget.spend(glitches, now: start + .seconds(seconds))
      return nil
    } catch {
      return error.code
    }
  }

  @Test func aBurstIsForgivenAndAFloodIsNot() {
    var budget = GlitchBudget(burst: 10, perSecond: 1, now: start)
    #expect(code(&budget, 10, after: 0) == nil)
    #expect(code(&budget, 1, after: 0.5) == .flood)
  }

  @Test func theBucketFillsWithTimeUpToTheBurst() {
    var budget = GlitchBudget(burst: 10, perSecond: 2, now: start)
    #expect(code(&budget, 10, after: 0) == nil)
    #expect(code(&budget, 4, after: 2) == nil)
    #expect(code(&budget, 10, after: 1_000) == nil)
    #expect(code(&budget, 1, after: 1_000) == .flood)
  }

  @Test func aSteadyTrickleIsForgivenForEver() {
    var budget = GlitchBudget(burst: 2, perSecond: 1, now: start)
    for second in 1...10_000 { #expect(code(&budget, 1, after: Double(second)) == nil) }
  }

  @Test func nothingSpentAndAClockThatRunsBackwardsChangeNothing() {
    var budget = GlitchBudget(burst: 1, perSecond: 1, now: start)
    #expect(code(&budget, 0, after: 5) == nil)
    #expect(code(&budget, -5, after: 5) == nil)
    #expect(code(&budget, 1, after: 10) == nil)
    #expect(code(&budget, 1, after: 0) == .flood)
  }

  @Test func aBudgetOfNothingForgivesNothing() {
    var budget = GlitchBudget(burst: -1, perSecond: -1, now: start)
    #expect(budget.burst == 0)
    #expect(code(&budget, 1, after: 100) == .flood)
  }

  @Test func aFloodOfKeepAlivesEndsASession() throws {
    var session = PeerSession.on()
    var budget = GlitchBudget(burst: 100, perSecond: 1, now: start)
    for _ in 0..<100 { _ = try session.receive(.keepAlive) }
    #expect(code(&budget, session.takeGlitches(), after: 0) == nil)
    for _ in 0..<100 { _ = try session.receive(.interested) }
    #expect(code(&budget, session.takeGlitches(), after: 1) == .flood)
  }
}
