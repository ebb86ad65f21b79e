import Foundation
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Plugins

/// The conversation with a program, without one.
struct ExternalSessionTests {
  /// A session with a clock, and what came of its questions.
  private struct Fixture {
    var session: ExternalSession
    let clock = ManualClock()
    let outcomes = Outcomes()
    var ends: [String] = []
    var pauses: [Duration] = []
    var counts: [String] = []
    var lines: [String] = []
    var sent: [[String: String]] = []

    init(_ change: (inout ExternalOptions) -> Void = { _ in }) {
      var options = ExternalOptions(program: ChildProgram(path: "/bin/policy"))
      change(&options)
      session = ExternalSession(options, now: clock.now)
    }

    /// What is to become of the child now; what it is sent is kept.
    @discardableResult
    mutating func turn(mayWrite: Bool = true) -> ChildTurn.Wish {
      let turn = session.turn(mayWrite: mayWrite, now: clock.now)
      settle()
      sent += Self.messages(turn.output)
      return turn.wish
    }

    mutating func settle() {
      for effect in session.takeEffects() {
        switch effect {
        case .complete(let complete, let outcome): complete(outcome)
        case .ended(let how, let pause):
          ends.append(how)
          pauses.append(pause)
        case .count(let name): counts.append(name)
        case .line(let line): lines.append(line)
        case .started, .ready: break
        }
      }
    }

    mutating func ask(_ id: UInt64, isRenewal: Bool = false) {
      let frame = ExternalFrame.framed(Array(#"{"type":"ask","id":"\#(id)"}"#.utf8))
      session.ask(id, frame, isRenewal: isRenewal, now: clock.now) { [outcomes] in outcomes.put(id, $0) }
      turn()
    }

    mutating func say(_ json: String) {
      session.received(ExternalFrame.framed(Array(json.utf8)), now: clock.now)
      settle()
    }

    mutating func start(hello: String = Self.hello) {
      session.want(clock.now)
      turn()
      session.started(pid: 1, now: clock.now)
      say(hello)
      turn()
    }

    static let hello =
      #"{"type":"hello","protocol":1,"operations":["connect","request","metadata","message"],"events":["on_authorized"]}"#

    private static func messages(_ bytes: [UInt8]) -> [[String: String]] {
      var rest = bytes[...]
      var messages: [[String: String]] = []
      while rest.count > 4 {
        let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        let object = try? JSONSerialization.jsonObject(with: Data(rest.dropFirst(4).prefix(length))) as? [String: Any]
        messages.append((object ?? [:]).compactMapValues { $0 as? String })
        rest = rest.dropFirst(4 + length)
      }
      return messages
    }
  }

  /// What questions came to; a second outcome of one is an error.
  private final class Outcomes: Sendable {
    private let all = Mutex<[UInt64: String]>([:])

    func put(_ id: UInt64, _ outcome: ExternalOutcome) {
      all.withLock { all in
        #expect(all[id] == nil, "question \(id) has two outcomes")
        switch outcome {
        case .answered(let reply): all[id] = "verdict \(reply.general?.verdict ?? "none")"
        case .unanswered(let why): all[id] = why
        }
      }
    }

    subscript(_ id: UInt64) -> String? { all.withLock { $0[id] } }
  }

  @Test func itStartsWhenItIsWantedAndSaysHelloFirst() {
    var it = Fixture()
    #expect(it.turn() == .down(isUrgent: false))
    it.session.want(it.clock.now)
    #expect(it.turn() == .up)
    it.session.started(pid: 7, now: it.clock.now)
    #expect(it.turn() == .up)
    #expect(it.sent.map { $0["type"] } == ["hello"])
    it.ask(1)
    #expect(it.sent.count == 1, "nothing is asked before its hello")
    it.say(Fixture.hello)
    it.turn()
    #expect(it.sent.map { $0["id"] } == [nil, "1"])
  }

  @Test func answersFindTheirQuestionsInAnyOrder() {
    var it = Fixture()
    it.start()
    it.ask(1)
    it.ask(2)
    it.say(#"{"type":"answer","id":2,"verdict":"deny"}"#)
    it.say(#"{"type":"answer","id":1,"verdict":"allow"}"#)
    #expect(it.outcomes[1] == "verdict allow" && it.outcomes[2] == "verdict deny")
    #expect(it.ends.isEmpty)
  }

  @Test func aLateAnswerIsNoneAndDoesNoHarm() {
    var it = Fixture()
    it.start()
    it.ask(1)
    it.clock.advance(by: .milliseconds(1999))
    it.turn()
    #expect(it.outcomes[1] == nil)
    it.clock.advance(by: .milliseconds(1))
    it.turn()
    #expect(it.outcomes[1] == "the program has not answered within 2 s")
    it.say(#"{"type":"answer","id":1,"verdict":"allow"}"#)
    it.ask(2)
    it.say(#"{"type":"answer","id":2,"verdict":"allow"}"#)
    #expect(it.outcomes[2] == "verdict allow" && it.ends.isEmpty)
    #expect(it.counts.filter { $0 == "late_answers" }.count == 1)
  }

  @Test func oneThatLeavesAQuestionOpenHangs() {
    var it = Fixture()
    it.start()
    it.ask(1)
    for _ in 0..<7 {
      it.clock.advance(by: .seconds(1))
      #expect(it.turn() == .up)
    }
    it.clock.advance(by: .seconds(1))
    #expect(it.turn() == .down(isUrgent: true))
    #expect(it.ends == ["hangs: it has left a question open for 8 s"])
  }

  @Test func onlySoMuchIsInFlight() {
    var it = Fixture { $0.inFlight = 2 }
    it.start()
    for id in 1...4 { it.ask(UInt64(id)) }
    #expect(it.sent.count == 3)
    // What is late keeps its place: the program still has it.
    it.clock.advance(by: .seconds(2))
    it.turn()
    #expect(it.outcomes[3]?.contains("no place was free within 2 s") == true)
    it.ask(5)
    #expect(it.sent.count == 3)
    it.say(#"{"type":"answer","id":1}"#)
    it.turn()
    #expect(it.sent.last?["id"] == "5")
  }

  @Test func soManyMayWaitAndNoMore() {
    var it = Fixture { $0.inFlight = 1 }
    it.start()
    for id in 0...17 { it.ask(UInt64(id)) }
    #expect(it.outcomes[16] == nil)
    #expect(it.outcomes[17] == "the program has 1 questions, and too many wait")
  }

  @Test func renewalsComeBehindOthersAndHaveHalfOfThePlaces() {
    var it = Fixture { $0.inFlight = 4 }
    it.start()
    for id in 1...4 { it.ask(UInt64(id), isRenewal: true) }
    it.ask(10)
    #expect(it.sent.dropFirst().map { $0["id"] } == ["1", "2", "10"])
  }

  @Test(arguments: [
    (#"{"type":"answer","id":9,"verdict":"allow"}"#, "an answer to 9, which it does not have to answer"),
    (#"{"type":"answer","verdict":"allow"}"#, "an answer without an id"),
    (#"{"type":"hello","protocol":1,"operations":[]}"#, "'hello' is nothing that it may say"),
    (#"{"type":"answer","id":-1}"#, "not JSON"), ("nonsense", "not JSON"), (#"{"id":1}"#, "'type' is missing"),
    ("[1]", "a value of the wrong type"),
  ])
  func whatCannotBeReadEndsIt(json: String, why: String) {
    var it = Fixture()
    it.start()
    it.ask(1)
    it.say(json)
    #expect(it.ends.count == 1 && it.ends[0].hasPrefix("has sent what cannot be read: "), "\(it.ends)")
    #expect(it.ends[0].contains(why), "\(it.ends)")
    #expect(it.outcomes[1]?.hasPrefix("the program has sent what cannot be read") == true)
    #expect(it.turn() == .down(isUrgent: true))
  }

  @Test func whoIsLookedAtLateIsEndedAllTheSame() {
    var it = Fixture()
    it.start()
    it.ask(1)
    it.say("nonsense")
    // The thread that runs the program had no turn before the pause was over.
    it.clock.advance(by: .seconds(1))
    #expect(it.turn() == .down(isUrgent: true))
    it.ask(2)
    #expect(it.turn() == .up)
  }

  @Test func aSecondAnswerEndsIt() {
    var it = Fixture()
    it.start()
    it.ask(1)
    it.say(#"{"type":"answer","id":1,"verdict":"allow"}"#)
    it.say(#"{"type":"answer","id":1,"verdict":"deny"}"#)
    #expect(it.outcomes[1] == "verdict allow")
    #expect(it.ends.count == 1)
  }

  @Test func aWrongAnswerToOneQuestionIsThatQuestionsOwn() {
    var it = Fixture()
    it.start()
    it.ask(1)
    it.ask(2)
    it.say(#"{"type":"answer","id":1,"verdict":"allow","fils":["a"]}"#)
    it.say(#"{"type":"answer","id":2,"verdict":"allow"}"#)
    #expect(it.outcomes[1] == "the program's answer cannot be read: unknown key 'fils'")
    #expect(it.outcomes[2] == "verdict allow" && it.ends.isEmpty)
  }

  @Test func aFrameThatIsTooLongEndsItAtOnce() {
    var it = Fixture()
    it.start()
    it.session.received([0, 1, 0, 1], now: it.clock.now)
    it.settle()
    #expect(it.ends == ["has sent a frame of 65537 bytes, which is more than may be"])
  }

  @Test(arguments: [
    (#"{"type":"hello","protocol":2,"operations":["connect","request","metadata","message"]}"#, "version 2"),
    (#"{"type":"hello","protocol":1,"operations":["connect"]}"#, "does not answer for message, metadata, request"),
    (#"{"type":"hello","protocol":1,"operations":["connect","request","metadata","message"],"events":["x"]}"#, "no event 'x'"),
    (#"{"type":"answer","id":1}"#, "its first frame is no hello"), (#"{"type":"hello","protocol":1}"#, "'operations' is missing"),
  ])
  func aHelloThatDoesNotFitEndsIt(hello: String, why: String) {
    var it = Fixture()
    it.start(hello: hello)
    #expect(it.ends.count == 1 && it.ends[0].contains(why), "\(it.ends)")
  }

  @Test func oneThatSaysNoHelloIsEnded() {
    var it = Fixture()
    it.session.want(it.clock.now)
    it.turn()
    it.session.started(pid: 1, now: it.clock.now)
    it.clock.advance(by: .seconds(10))
    #expect(it.turn() == .down(isUrgent: true))
    #expect(it.ends == ["has not said hello within 10 s"])
  }

  @Test func pausesDoubleAndBeginAgainForOneThatHasRunForLong() {
    var it = Fixture()
    for _ in 0..<12 {
      it.session.want(it.clock.now)
      it.turn()
      it.session.ended("ended with code 1", now: it.clock.now)
      it.settle()
      #expect(it.turn() == .down(isUrgent: true))
      it.clock.advance(by: it.pauses.last ?? .zero)
      it.session.want(it.clock.now)
      #expect(it.turn() == .up)
    }
    let milliseconds = [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000, 30_000]
    #expect(it.pauses == milliseconds.map { .milliseconds($0) })
    it.start()
    it.clock.advance(by: .seconds(29))
    it.session.want(it.clock.now)
    it.clock.advance(by: .seconds(1))
    it.session.ended("ended with code 1", now: it.clock.now)
    it.settle()
    #expect(it.pauses.last == .milliseconds(100))
  }

  @Test func whatItHadWhenItEndedIsUnansweredAndWhatWaitedIsNot() {
    var it = Fixture { $0.inFlight = 1 }
    it.start()
    it.ask(1)
    it.ask(2)
    it.session.ended("was ended by signal 9", now: it.clock.now)
    it.settle()
    #expect(it.outcomes[1] == "the program was ended by signal 9")
    #expect(it.outcomes[2] == nil)
    it.clock.advance(by: .milliseconds(100))
    it.start()
    #expect(it.sent.last?["id"] == "2")
    it.say(#"{"type":"answer","id":2,"verdict":"allow"}"#)
    #expect(it.outcomes[2] == "verdict allow")
  }

  @Test func nobodyWaitsForOneThatIsStartedTooLate() {
    var it = Fixture { $0.restart.from = .seconds(3) }
    it.start()
    it.session.ended("ended with code 1", now: it.clock.now)
    it.ask(1)
    #expect(it.outcomes[1] == "the program does not run (it ended with code 1); it is started again in 3 s")
  }

  @Test func oneThatNobodyWantsIsAskedToEnd() {
    var it = Fixture()
    it.start()
    it.clock.advance(by: .seconds(30))
    #expect(it.turn() == .down(isUrgent: false))
    #expect(it.ends.isEmpty, "that is no fault of its own")
    it.session.want(it.clock.now)
    #expect(it.turn() == .up)
    it.session.close()
    #expect(it.turn() == .over)
    it.ask(1)
    #expect(it.outcomes[1] == "the program is not asked any more")
  }

  @Test func aQuestionThatNobodyWaitsForKeepsItsPlaceUntilItIsAnswered() {
    var it = Fixture { $0.inFlight = 1 }
    it.start()
    it.ask(1)
    it.session.cancel(1)
    it.settle()
    #expect(it.outcomes[1] == "the connection was gone before the program had answered")
    it.ask(2)
    #expect(it.sent.last?["id"] == "1")
    it.say(#"{"type":"answer","id":1,"verdict":"allow"}"#)
    it.turn()
    #expect(it.sent.last?["id"] == "2" && it.ends.isEmpty)
  }

  @Test func eventsGoToWhoWantsThemAsFarAsTheyAreTaken() {
    var it = Fixture()
    let frame = ExternalFrame.framed([UInt8](repeating: 32, count: 1000))
    it.session.tell(.authorized, frame)
    it.start()
    it.session.tell(.disconnect, frame)
    #expect(it.session.turn(mayWrite: true, now: it.clock.now).output.isEmpty)
    for _ in 0..<1000 { it.session.tell(.authorized, frame) }
    it.settle()
    #expect((64 << 10..<66 << 10).contains(it.session.turn(mayWrite: true, now: it.clock.now).output.count))
    #expect(it.counts.filter { $0 == "dropped_events" }.count > 900)
  }

  @Test func nothingIsHandedOutWhileItTakesNothing() {
    var it = Fixture()
    it.start()
    it.session.want(it.clock.now)
    it.ask(1)
    it.session.ask(2, ExternalFrame.framed([1]), isRenewal: false, now: it.clock.now) { _ in }
    #expect(it.session.turn(mayWrite: false, now: it.clock.now).output.isEmpty)
  }
}
