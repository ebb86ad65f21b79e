import Logging
internal import PluginKit
import Synchronization

/// Joins the conversation with a program to what runs it, to those who ask, to log, journal and counters.
final class ExternalHost: ChildDriver {
  private let options: ExternalOptions
  private let services: PluginServices
  private let session: Mutex<ExternalSession>
  private let handle = Mutex<(any ChildHandle)?>(nil)
  private let numbers = Atomic<UInt64>(0)
  /// What the program did wrong and nobody has been charged for.
  private let faults = Mutex<[String]>([])
  private static let mostFaults = 16

  init(_ options: ExternalOptions, _ services: PluginServices) {
    (self.options, self.services) = (options, services)
    session = Mutex(ExternalSession(options, now: services.clock()))
  }

  /// Whether it can be asked now.
  var isReady: Bool { session.withLock { $0.isReady } }

  /// It is wanted: it is started where it does not run, and is ended when nobody has said so for some time.
  func want() {
    change { $0.want($1) }
    wake()
  }

  /// It is not wanted any more.
  func close() {
    change { session, _ in session.close() }
    handle.withLock { $0?.wake() }
  }

  /// Asks about a connection. Does not wait longer than the deadline, nor once the task is cancelled.
  func ask(_ facts: PeerFacts, isRenewal: Bool = false) async -> ExternalOutcome {
    let id = numbers.add(1, ordering: .relaxed).newValue
    let question = ExternalOutgoing.Ask(
      id: id, operations: options.guards.map(\.rawValue).sorted(), facts: ExternalOutgoing.Facts(facts))
    guard let frame = ExternalOutgoing.frame(question, longest: options.frame) else {
      return .unanswered("what there is to say of the connection is longer than a frame may be")
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        change { session, now in
          session.ask(id, frame, isRenewal: isRenewal, now: now) { continuation.resume(returning: $0) }
          if Task.isCancelled { session.cancel(id) }
        }
        wake()
      }
    } onCancel: {
      change { session, _ in session.cancel(id) }
    }
  }

  /// Tells the program of something, if it wants to know.
  func tell(_ event: ExternalEvent, _ facts: PeerFacts, reason: String? = nil, uploaded: Int64? = nil) {
    change { session, _ in
      session.tell(
        event,
        ExternalOutgoing.frame(
          ExternalOutgoing.Event(event: event.rawValue, facts: ExternalOutgoing.Facts(facts), reason: reason, uploaded: uploaded),
          longest: options.frame))
    }
    handle.withLock { $0?.wake() }
  }

  /// The oldest thing that the program did wrong and that has not been asked for.
  func takeFault() -> String? { faults.withLock { $0.isEmpty ? nil : $0.removeFirst() } }

  private func wake() {
    handle.withLock { handle in
      if let handle { return handle.wake() }
      handle = services.children.run(options.program, self)
    }
  }

  // MARK: The child's thread

  func turn(mayWrite: Bool) -> ChildTurn { change { $0.turn(mayWrite: mayWrite, now: $1) } }
  func started(pid: Int32) { change { $0.started(pid: pid, now: $1) } }
  func ended(_ how: String) { change { $0.ended(how, now: $1) } }
  func received(_ bytes: [UInt8]) { change { $0.received(bytes, now: $1) } }
  func complained(_ bytes: [UInt8]) { change { $0.complained(bytes, now: $1) } }

  // MARK: Effects

  /// Changes the session; what is to be done then is done outside of its lock.
  private func change<Value>(_ body: (inout ExternalSession, ContinuousClock.Instant) -> Value) -> Value {
    let now = services.clock()
    let (value, effects) = session.withLock { session in
      let value = body(&session, now)
      return (value, session.takeEffects())
    }
    for effect in effects { perform(effect) }
    return value
  }

  private func perform(_ effect: ExternalSession.Effect) {
    switch effect {
    case .complete(let complete, let outcome): complete(outcome)
    case .started(let pid):
      services.logger.info(
        "a program was started", metadata: .event(.programStarted, ["program": "\(options.program.path)", "pid": "\(pid)"]))
    case .ready: services.logger.info("a program is ready", metadata: .event(.programReady, ["program": "\(options.program.path)"]))
    case .line(let line): services.logger.notice("\(line)", metadata: .event(.programLine, ["program": "\(options.program.path)"]))
    case .count(let name): services.counters.count("external_\(name)")
    case .ended(let how, let pause): ended(how, pause)
    }
  }

  private func ended(_ how: String, _ pause: Duration) {
    let reason = "\(options.program.path) \(how)"
    services.counters.count("external_ends")
    services.logger.warning("a program has ended", metadata: .event(.programEnded, ["why": "\(reason)", "started-again-in": "\(pause)"]))
    services.journal.record(
      JournalRecord(
        at: services.wallClock(), principal: "node", address: nil, operation: "plugin", verdict: "ended", plugin: ExternalPlugin.name,
        rule: "program", reason: "\(reason); it is started again in \(pause)", place: options.place))
    faults.withLock { faults in
      if faults.count < Self.mostFaults { faults.append(reason) }
    }
  }
}
