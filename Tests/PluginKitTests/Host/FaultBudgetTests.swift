import PluginKit
import Testing

struct FaultBudgetTests {
  private let start = ContinuousClock.now

  @Test func asManyFaultsAsAreAllowedAndNotOneMore() {
    var budget = FaultBudget(.init(faults: 3, window: .seconds(60)))
    let outcomes = (0..<4).map { _ in budget.fault(at: start) }
    #expect(outcomes == [false, false, false, true])
  }

  @Test func faultsAreForgottenOneByOne() {
    var budget = FaultBudget(.init(faults: 3, window: .seconds(60)))
    for _ in 0..<3 { _ = budget.fault(at: start) }
    let outcomes = (0..<2).map { _ in budget.fault(at: start + .seconds(20)) }
    #expect(outcomes == [false, true], "a third of the time, a third of the faults")
  }

  @Test func faultsAtTheAllowedRateNeverAddUp() {
    var budget = FaultBudget(.init(faults: 10, window: .seconds(60)))
    let isFine = (0..<1000).allSatisfy { !budget.fault(at: start + .seconds(6 * $0)) }
    #expect(isFine)
  }

  @Test func timeWithinTheShareNeverAddsUp() {
    var budget = FaultBudget(.init(time: .milliseconds(200)))
    let isFine = (0..<1000).allSatisfy { !budget.spend(.milliseconds(200), loops: 1, at: start + .seconds($0)) }
    #expect(isFine)
  }

  @Test func twiceTheShareIsTooMuchAfterAWhile() {
    var budget = FaultBudget(.init(time: .milliseconds(200)))
    let first = (0..<100).first { budget.spend(.milliseconds(400), loops: 1, at: start + .seconds($0)) }
    #expect(first == 9, "a second above the share for each second, and ten are allowed")
  }

  @Test func eachLoopHasTimeOfItsOwn() {
    var budget = FaultBudget(.init(time: .milliseconds(200)))
    let isFine = (0..<1000).allSatisfy { !budget.spend(.milliseconds(400), loops: 2, at: start + .seconds($0)) }
    #expect(isFine)
  }

  @Test func aCallThatStoodStillWithTheProcessDoesNotUseUpTheBudget() {
    var budget = FaultBudget()
    let isTooMuch = [.seconds(3600), .milliseconds(1)].contains { budget.spend($0, loops: 1, at: start) }
    #expect(!isTooMuch)
  }

  @Test func aWholeSecondMeansAllOfIt() {
    var budget = FaultBudget(.init(time: .seconds(1)))
    let isFine = (0..<1000).allSatisfy { _ in !budget.spend(.milliseconds(500), loops: 1, at: start) }
    #expect(isFine)
  }
}
