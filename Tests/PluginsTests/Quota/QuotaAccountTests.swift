import PluginKit
import TestSupport
import Testing

@testable import Plugins

struct QuotaAccountTests {
  private let hour: Int64 = 3_600_000_000_000
  private func moment(_ hours: Double) -> WallTime {
    WallTime(nanoseconds: PolicyFixtures.noon.nanoseconds + Int64(hours * 3_600e9))
  }
  private var fixed: QuotaWindow { QuotaWindow(length: hour, isSliding: false) }
  private var sliding: QuotaWindow { QuotaWindow(length: hour, isSliding: true) }

  private func account(_ window: QuotaWindow, at hours: Double = 0) -> QuotaAccount {
    QuotaAccount(step: window.step(at: moment(hours)), run: 1)
  }

  @Test func whatIsSentAndWhatMayStillBeSentNeverExceedTheLimit() {
    var account = account(fixed)
    #expect(account.lease(least: 60, most: 60, limit: 100) == .leased(60))
    #expect(account.lease(least: 60, most: 60, limit: 100) == .held)
    account.settle(sent: 50, leased: 50)
    account.giveBack(10)
    #expect(account.used == 50 && account.leased == 0)
    #expect(account.lease(least: 51, most: 60, limit: 100) == .exhausted(isNews: true))
    #expect(account.lease(least: 51, most: 60, limit: 100) == .exhausted(isNews: false))
    #expect(account.isUsedUp(limit: 100))
  }

  @Test func leasesBecomeSmallNearTheEnd() {
    var account = account(fixed)
    #expect(account.lease(least: 10, most: 1000, limit: 100_000) == .leased(1000))
    #expect(account.lease(least: 10, most: 1_000_000, limit: 17_000) == .leased(1000))
    #expect(account.lease(least: 10, most: 1000, limit: 2100) == .leased(10))
  }

  @Test func aFixedWindowEndsAtItsBorder() {
    var account = account(fixed)
    account.advance(fixed, to: moment(0.9), run: 1)
    account.settle(sent: 100, leased: 0)
    #expect(account.again(fixed) == moment(1))
    account.advance(fixed, to: moment(1), run: 1)
    #expect(account.used == 0)
    // A clock that is put back frees nothing.
    account.settle(sent: 70, leased: 0)
    account.advance(fixed, to: moment(0.5), run: 1)
    #expect(account.used == 70)
  }

  @Test func aSlidingWindowFreesHalfAWindowAtATime() {
    var account = account(sliding)
    account.settle(sent: 30, leased: 0)
    #expect(account.again(sliding) == moment(1))
    account.advance(sliding, to: moment(0.5), run: 1)
    account.settle(sent: 40, leased: 0)
    #expect(account.used == 70 && account.again(sliding) == moment(1))
    account.advance(sliding, to: moment(1), run: 1)
    #expect(account.used == 40)
    account.advance(sliding, to: moment(3), run: 1)
    #expect(account.used == 0)
  }

  @Test func leasesOfAnEarlierProcessAreGoneAndWhatWasSentIsNot() throws {
    var account = account(fixed)
    _ = account.lease(least: 80, most: 80, limit: 100)
    account.settle(sent: 20, leased: 20)
    var later = try #require(QuotaAccount(account.bytes))
    #expect(later == account)
    later.advance(fixed, to: moment(0.1), run: 2)
    #expect(later.used == 20 && later.leased == 0)
    #expect(QuotaAccount([1, 2, 3]) == nil && QuotaAccount([UInt8](repeating: 0xFF, count: 64)) == nil)
  }

  @Test func aRateIsKeptOverTimeAndAPauseSavesUpLittle() throws {
    var rate = QuotaRate()
    var (now, taken) = (PolicyFixtures.noon.nanoseconds, 0)
    let end = now + 10_000_000_000
    while now < end {
      if let wait = rate.take(16_384, rate: 1 << 20, at: now) { now += Int64(wait / .nanoseconds(1)) } else { taken += 16_384 }
    }
    // Ten seconds and what the pause before saved up.
    #expect(abs(taken - Int(10.25 * Double(1 << 20))) <= 16_384, "\(taken)")
    #expect(QuotaRate(rate.bytes) == rate)
    // The clock was put back by a day: nobody waits for it.
    #expect(rate.take(1, rate: 1, at: now - 86_400_000_000_000) == nil)
  }

  @Test(arguments: [("500 GiB", 500 << 30), ("1024", 1024), ("16KiB", 16 << 10)]) func sizesAreRead(text: String, bytes: Int) throws {
    #expect(try AmountText.size(text) == Int64(bytes))
  }

  @Test func amountsAreWrittenAsTheyAreRead() {
    #expect(AmountText.describe(bytes: 500 << 30) == "500 GiB" && AmountText.describe(bytes: 3 << 29) == "1.5 GiB")
    #expect(AmountText.describe(bytes: (500 << 30) - 1) == "499.9 GiB" && AmountText.describe(bytes: 7) == "7 B")
    #expect(AmountText.describe(span: hour) == "1h" && AmountText.describe(span: 24 * hour) == "1d")
    #expect(throws: SettingsProblem.self) { try AmountText.size("9223372036854775807 GiB") }
    #expect(throws: SettingsProblem.self) { try AmountText.rate("5 MiB") }
    #expect(throws: SettingsProblem.self) { try AmountText.span("0s") }
  }
}
