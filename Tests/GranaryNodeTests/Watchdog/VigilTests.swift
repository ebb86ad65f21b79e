import Testing

@testable import GranaryNode

struct VigilTests {
  private let start = ContinuousClock.now
  /// One that wakes each second.
  private func vigil() -> Vigil<String> { Vigil(limit: .seconds(10)) }

  @Test func silenceLongerThanTheLimitIsTooLong() {
    var vigil = self.vigil()
    var first: Int?
    for second in 0..<20 where first == nil {
      if vigil.wake(start + .seconds(second), open: ["loop"]) == ["loop"] { first = second }
    }
    #expect(first == 11)
  }

  @Test func whoAnswersInBetweenIsNeverTooLate() {
    var vigil = self.vigil()
    for second in 0..<100 {
      let overdue = vigil.wake(start + .seconds(second), open: second % 9 == 0 ? [] : ["loop"])
      #expect(overdue.isEmpty)
    }
  }

  @Test func aNewQuestionIsNotBlamedForAnOldOne() {
    var vigil = self.vigil()
    let overdue = (0..<100).flatMap { vigil.wake(start + .seconds($0), open: ["question \($0 / 5)"]) }
    #expect(overdue.isEmpty)
  }

  @Test("A stopped process, a sleeping machine: only what the watchdog was awake to see counts")
  func pauses() {
    var vigil = self.vigil()
    let overdue = [0, 3600, 7200, 7201].flatMap { vigil.wake(start + .seconds($0), open: ["loop"]) }
    #expect(overdue.isEmpty)
  }

  @Test func aClockThatJumpsForwardAgainAndAgainStillEndsAHang() {
    var vigil = self.vigil()
    let jumps = (0..<20).filter { !vigil.wake(start + .seconds(3600 * $0), open: ["loop"]).isEmpty }
    #expect(jumps.first == 6)
  }
}
