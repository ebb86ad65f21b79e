import TestSupport
import Testing

@testable import Plugins

struct ErrorLinesTests {
  private let clock = ManualClock()

  @Test func linesComeOutWholeAndPlain() {
    var lines = ErrorLines(now: clock.now)
    #expect(lines.take(Array("one\ntw".utf8), clock.now) == ["one"])
    #expect(lines.take(Array("o\u{1B}[31m\nrest".utf8), clock.now) == ["two\\u{1b}[31m"])
    #expect(lines.end() == ["rest"])
    #expect(lines.end() == [])
  }

  @Test func aLongLineIsCut() {
    var lines = ErrorLines(now: clock.now)
    let text = lines.take([UInt8](repeating: 0x61, count: 100_000) + [10], clock.now)
    #expect(text == [String(repeating: "a", count: 1000) + "…"])
  }

  @Test func aFloodIsLeftOutAndCounted() {
    var lines = ErrorLines(now: clock.now)
    #expect(lines.take([UInt8](repeating: 10, count: 1000), clock.now).count == 100)
    clock.advance(by: .seconds(1))
    #expect(lines.take(Array("a\n".utf8), clock.now) == ["(900 lines were left out) a"])
  }

  @Test func whoWritesTooMuchHasToWait() {
    var lines = ErrorLines(now: clock.now)
    _ = lines.take([UInt8](repeating: 0, count: 300 << 10), clock.now)
    let (soon, later) = (lines.mayRead(clock.now), lines.mayRead(clock.advance(by: .seconds(1))))
    #expect(!soon && later)
  }
}
