import NIOCore
import NIOEmbedded
import Testing

@testable import TLS

/// Handshakes take turns.
struct HandshakePacingTests {
  private final class Log { var steps: [Int] = [] }

  private final class Stepper: HandshakeStepping {
    let (number, log): (Int, Log)
    var more = 0
    weak var pacing: HandshakePacing?

    init(_ number: Int, _ log: Log) { (self.number, self.log) = (number, log) }

    func stepHandshake() {
      log.steps.append(number)
      guard more > 0 else { return }
      more -= 1
      pacing?.enqueue(self)
    }
  }

  private let eventLoop = EmbeddedEventLoop()
  private let log = Log()

  @Test
  func aloneItIsDoneAtOnce() {
    let pacing = HandshakePacing(eventLoop: eventLoop)
    pacing.enqueue(Stepper(0, log))
    #expect(log.steps == [0] && pacing.count == 0)
    eventLoop.run()
    pacing.enqueue(Stepper(1, log))
    #expect(log.steps == [0, 1])
  }

  @Test
  func aStormIsTakenOneByOneInItsOrder() {
    let pacing = HandshakePacing(eventLoop: eventLoop)
    let steppers = (0..<2_000).map { Stepper($0, log) }
    for stepper in steppers { pacing.enqueue(stepper) }
    #expect(log.steps == [0] && pacing.count == 1_999)
    for turn in 1..<2_000 {
      eventLoop.advanceTime(by: .microseconds(20))
      #expect(log.steps.count == turn + 1)
    }
    #expect(log.steps == Array(0..<2_000) && pacing.count == 0)
    eventLoop.advanceTime(by: .seconds(1))
    #expect(log.steps.count == 2_000)
  }

  @Test
  func whoNeedsAnotherStepGoesToTheEnd() {
    let pacing = HandshakePacing(eventLoop: eventLoop)
    let steppers = (0..<3).map { Stepper($0, log) }
    for stepper in steppers {
      (stepper.pacing, stepper.more) = (pacing, 1)
      pacing.enqueue(stepper)
    }
    eventLoop.advanceTime(by: .milliseconds(1))
    #expect(log.steps.sorted() == [0, 0, 1, 1, 2, 2])
    // The first was done at once, and is in line behind nobody then.
    #expect(log.steps.last == 2)
  }

  /// What is waiting holds its turn, and no more than that: who is gone by then is passed over.
  @Test
  func nobodyIsKeptOnceHisTurnIsOver() {
    let pacing = HandshakePacing(eventLoop: eventLoop)
    weak var kept: Stepper?
    for number in 0..<10 {
      let stepper = Stepper(number, log)
      kept = stepper
      pacing.enqueue(stepper)
    }
    #expect(kept != nil)
    eventLoop.advanceTime(by: .milliseconds(1))
    #expect(kept == nil && log.steps.count == 10)
  }
}
