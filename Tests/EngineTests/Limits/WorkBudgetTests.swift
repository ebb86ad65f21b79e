import Testing

@testable import Engine

struct WorkBudgetTests {
  @Test
  func aBurstIsMetAndAFloodIsNot() {
    let start = ContinuousClock.now
    var budget = WorkBudget(burst: 100, perSecond: 10, now: start)
    #expect(budget.spend(60, now: start) == true)
    #expect(budget.spend(60, now: start) == false)
    #expect(budget.spend(40, now: start) == true)
    #expect(budget.spend(1, now: start - .seconds(9)) == false)
    #expect(budget.spend(10, now: start + .seconds(1)) == true)
    #expect(budget.spend(1, now: start + .seconds(1)) == false)
    // What costs more than there ever is takes all of a full budget.
    #expect(budget.spend(.max, now: start + .seconds(60)) == true)
    #expect(budget.spend(1, now: start + .seconds(60)) == false)
  }
}
