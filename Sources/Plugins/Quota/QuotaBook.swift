internal import PluginKit

/// The accounts, in the plugin's store: shared by all loops, by what a reload makes anew, and by the next life of the node.
struct QuotaBook: Sendable {
  /// What came of asking for room, with the account as it is then.
  struct Answer: Sendable {
    let lease: QuotaAccount.Lease
    let account: QuotaAccount
  }

  let store: any PluginStore
  let wallClock: @Sendable () -> WallTime
  /// Leases of an earlier process are nobody's any more.
  private static let run = UInt64.random(in: 1 ... .max)

  /// Nil where the store takes no further account.
  func lease(_ key: String, _ meter: QuotaRule.Meter, least: Int64) -> Answer? {
    var answer: Answer?
    let isKept = change(key, meter.window) { account in
      let lease = account.lease(least: least, most: meter.portion, limit: meter.limit)
      answer = Answer(lease: lease, account: account)
    }
    return isKept ? answer : nil
  }

  func settle(_ key: String, _ meter: QuotaRule.Meter, sent: Int64, leased: Int64) {
    _ = change(key, meter.window) { $0.settle(sent: sent, leased: leased) }
  }

  func giveBack(_ key: String, _ meter: QuotaRule.Meter, _ units: Int64) {
    _ = change(key, meter.window) { $0.giveBack(units) }
  }

  /// The account as it is now.
  func account(_ key: String, _ meter: QuotaRule.Meter, at now: WallTime) -> QuotaAccount {
    var account = store.value(key).flatMap(QuotaAccount.init) ?? QuotaAccount(step: meter.window.step(at: now), run: Self.run)
    account.advance(meter.window, to: now, run: Self.run)
    return account
  }

  /// Takes bytes from a rate; nil where they were taken, else how long to wait. Lasts as long as the process.
  func take(_ key: String, _ bytes: Int64, rate: Int64) -> Duration? {
    let now = wallClock().nanoseconds
    var wait: Duration?
    let isKept = store.update(key, lasting: false) { value in
      var gate = value.flatMap(QuotaRate.init) ?? QuotaRate()
      wait = gate.take(bytes, rate: rate, at: now)
      value = gate.bytes
    }
    return isKept ? wait : .seconds(1)
  }

  /// Forgets what does not matter any more.
  func sweep() {
    let now = wallClock().nanoseconds
    for key in store.keys {
      _ = store.update(key, lasting: true) { value in
        let expires = value.flatMap(QuotaAccount.init)?.expires ?? value.flatMap(QuotaRate.init)?.expires ?? 0
        if expires < now { value = nil }
      }
    }
  }

  private func change(_ key: String, _ window: QuotaWindow, _ body: (inout QuotaAccount) -> Void) -> Bool {
    let now = wallClock()
    return store.update(key, lasting: true) { value in
      var account = value.flatMap(QuotaAccount.init) ?? QuotaAccount(step: window.step(at: now), run: Self.run)
      account.advance(window, to: now, run: Self.run)
      body(&account)
      value = account.bytes
    }
  }
}

/// A rate of one subject: the moment until which what was taken has been paid for (the generic cell rate algorithm).
struct QuotaRate: Sendable, Hashable {
  /// What a pause saves up, in nanoseconds of the rate.
  static let burst: Int64 = 250_000_000
  private var paidUntil: Int64 = .min
  private(set) var expires: Int64 = 0

  init() {}

  /// Takes bytes where what was taken before is paid for; else says how long that lasts. Takes no time that lies ahead by more than a minute for
  /// true: the clock was put back.
  mutating func take(_ bytes: Int64, rate: Int64, at now: Int64) -> Duration? {
    let begin = max(paidUntil, now - Self.burst)
    if begin > now, begin - now < 60_000_000_000 { return .nanoseconds(begin - now) }
    let cost = min(Double(bytes) * 1e9 / Double(max(1, rate)), 60e9)
    paidUntil = min(begin, now) + Int64(cost)
    expires = now + 120_000_000_000
    return nil
  }

  init?(_ bytes: [UInt8]) {
    guard let words = WordBytes.decode(bytes, count: 2) else { return nil }
    (paidUntil, expires) = (words[0], words[1])
  }

  var bytes: [UInt8] { WordBytes.encode([paidUntil, expires]) }
}
