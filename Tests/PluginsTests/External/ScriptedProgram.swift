import Dispatch
import Foundation
import PluginKit
import Synchronization

@testable import Plugins

/// A program in the test's own process: it takes frames and answers as the test says.
final class ScriptedProgram: ChildProcesses {
  /// What it says to a message, as JSON; nil for nothing.
  typealias Script = @Sendable (_ message: Data) -> String?

  private let script: Mutex<Script>
  private let said = Mutex<[String]>([])
  private let wishes = Mutex<[ChildTurn.Wish]>([])
  private let problem: String?
  let runsAsRoot: Bool

  init(problem: String? = nil, runsAsRoot: Bool = false, _ script: @escaping Script) {
    self.script = Mutex(script)
    (self.problem, self.runsAsRoot) = (problem, runsAsRoot)
  }

  /// One that answers every question with these words.
  convenience init(answering words: String) { self.init { ScriptedProgram.answer($0, words) } }

  /// The frames that it was given, as JSON.
  var messages: [String] { said.withLock { $0 } }
  /// What was last wished for; nil where nobody has wished.
  var wish: ChildTurn.Wish? { wishes.withLock { $0.last } }

  func answer(_ words: String) { script.withLock { $0 = { Self.answer($0, words) } } }

  func problem(with program: ChildProgram) -> String? { problem }

  func run(_ program: ChildProgram, _ driver: any ChildDriver) -> any ChildHandle {
    let handle = Handle(program: self, driver: driver)
    handle.wake()
    return handle
  }

  /// An answer to a question, and nothing to others; `words` are what stands beside the id.
  static func answer(_ message: Data, _ words: String) -> String? {
    guard let head = try? JSONDecoder().decode(ExternalIncoming.Head.self, from: message), head.type == "ask", let id = head.id else {
      return nil
    }
    return #"{"type":"answer","id":\#(id),\#(words)}"#
  }

  private static let hello =
    #"{"type":"hello","protocol":1,"operations":["connect","request","metadata","message"],"events":["on_authorized","on_disconnect"]}"#

  private func take(_ frame: Data) -> String? {
    said.withLock { $0.append(String(decoding: frame, as: UTF8.self)) }
    if let head = try? JSONDecoder().decode(ExternalIncoming.Head.self, from: frame), head.type == "hello" { return Self.hello }
    return script.withLock { $0 }(frame)
  }

  private final class Handle: ChildHandle {
    let program: ScriptedProgram
    let driver: any ChildDriver
    let queue = DispatchQueue(label: "program")
    let isUp = Mutex(false)
    /// The number of the latest alarm.
    let alarms = Mutex(0)

    init(program: ScriptedProgram, driver: any ChildDriver) { (self.program, self.driver) = (program, driver) }

    func wake() { queue.async { self.pump() } }

    private func setAlarm(_ moment: ContinuousClock.Instant) {
      let number = alarms.withLock { alarms in
        alarms += 1
        return alarms
      }
      queue.asyncAfter(deadline: .now() + max(0, (moment - .now) / .seconds(1))) {
        if self.alarms.withLock({ $0 == number }) { self.pump() }
      }
    }

    private func pump() {
      let turn = driver.turn(mayWrite: true)
      program.wishes.withLock { $0.append(turn.wish) }
      if let wake = turn.wake { setAlarm(wake) }
      guard turn.wish == .up else { return isUp.withLock { $0 = false } }
      let wasUp = isUp.withLock { isUp in
        defer { isUp = true }
        return isUp
      }
      if !wasUp {
        driver.started(pid: 1)
        return pump()
      }
      var rest = turn.output[...]
      var isAnswered = false
      while rest.count >= 4 {
        let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        if let answer = program.take(Data(rest.dropFirst(4).prefix(length))) {
          driver.received(ExternalFrame.framed(Array(answer.utf8)))
          isAnswered = true
        }
        rest = rest.dropFirst(4 + length)
      }
      if isAnswered { pump() }
    }
  }
}
