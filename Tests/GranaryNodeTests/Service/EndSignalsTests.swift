import Testing

@testable import GranaryNode

struct EndSignalsTests {
  @Test func `the first signal asks for the end, the second for the end at once`() async {
    let signals = EndSignals()
    let hurried = Counter()
    signals.whenHurried { hurried.add() }
    let now = ContinuousClock.now
    async let asked: Void = signals.asked()
    signals.came(now)
    await asked
    await signals.asked()
    #expect(!signals.isHurried)
    signals.came(now + .seconds(1))
    signals.came(now + .seconds(2))
    #expect(signals.isHurried && hurried.count == 1)
    signals.whenHurried { hurried.add() }
    #expect(hurried.count == 2)
  }

  @Test func `one signal that comes twice in a moment is one`() {
    let signals = EndSignals()
    let now = ContinuousClock.now
    for millisecond in [0, 1, 50, 100] { signals.came(now + .milliseconds(millisecond)) }
    #expect(!signals.isHurried)
    signals.came(now + .milliseconds(101))
    #expect(signals.isHurried)
  }

  @Test func `what takes its time is waited for, until the end is to be at once`() async {
    let signals = EndSignals()
    let done = Counter()
    await signals.unlessHurried { done.add() }
    #expect(done.count == 1)
    let (forever, _) = AsyncStream.makeStream(of: Void.self)
    let (begun, word) = AsyncStream.makeStream(of: Void.self)
    async let waiting: Void = signals.unlessHurried {
      word.finish()
      for await _ in forever {}
    }
    for await _ in begun {}
    signals.came(.now)
    signals.came(.now + .seconds(1))
    await waiting
    // Nothing more is begun.
    await signals.unlessHurried { Issue.record("begun although the end is at once") }
  }

  @Test func `who waits for the end goes when he is cancelled`() async {
    let signals = EndSignals()
    let task = Task { await signals.asked() }
    task.cancel()
    await task.value
  }
}
