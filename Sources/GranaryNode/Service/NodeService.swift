import Engine
import Logging
import PluginKit
import Settings
import Synchronization

/// What a node has to do with whoever started it: it tells how it is, and takes over what was opened for it. Where there is no service manager,
/// nothing of it happens.
final class NodeService: Sendable {
  let environment: ServiceEnvironment
  private let notifier: ServiceNotifier
  /// Where the process's lines go; nil: it is not this node's to say.
  private let log: LogOutput?
  let signals = EndSignals()
  /// What the manager has opened for us, and for whom it has been taken.
  private let activated: ActivatedSockets?
  private let areTaken = Atomic(false)
  /// What was last told of how it is, and what the last reload was refused for.
  private let told = Mutex((status: "", problem: String?.none))

  init(_ environment: ServiceEnvironment = .none, sockets activated: ActivatedSockets? = nil, log: LogOutput? = nil) {
    (self.environment, self.activated, self.log) = (environment, activated, log)
    notifier = ServiceNotifier(environment.notify)
  }

  /// Makes ready for a configuration: lines go where it says, and every socket that was opened for us is one of its own. Throws where that
  /// cannot be.
  func prepare(_ settings: NodeSettings) throws(Failure) {
    try activated?.check(settings)
    commit(try prepare(settings.log))
  }

  /// The sockets to listen on: those that the manager has opened, and those of a node whose place is taken. They are the caller's from now on.
  func takeSockets(besides others: InheritedSockets? = nil) -> InheritedSockets {
    let own = areTaken.exchange(true, ordering: .relaxed) ? [] : activated?.sockets ?? []
    return InheritedSockets(own + (others?.unclaimed ?? []))
  }

  // MARK: What the manager is told

  /// It serves.
  func ready(_ status: String) {
    let text = told.withLock { told in
      told.status = Self.status(status, told.problem)
      return told.status
    }
    notifier.send(.ready(text))
  }

  /// How it is, where that has changed.
  func status(_ text: String) {
    let news: String? = told.withLock { told in
      let text = Self.status(text, told.problem)
      guard text != told.status else { return nil }
      told.status = text
      return text
    }
    if let news { notifier.send(.status(news)) }
  }

  private static func status(_ text: String, _ problem: String?) -> String {
    problem.map { "the new configuration changes nothing: \($0); " + text } ?? text
  }

  /// Tells of a reload; afterwards it is ready as before, whatever came of that. What the last one was refused for stays in its line.
  func reloading<Value>(status: () -> String, _ reload: () throws -> Value) throws -> Value {
    notifier.send(.reloading(at: monotonicMicroseconds()))
    defer { ready(status()) }
    do {
      let value = try reload()
      told.withLock { $0.problem = nil }
      return value
    } catch {
      let line = Failure(error).lines.first
      told.withLock { $0.problem = [line?.place, line?.message].compactMap { $0 }.joined(separator: ": ") }
      throw error
    }
  }

  /// It ends; so long at most, unless more is asked for.
  func stopping(_ status: String, within time: Duration) { notifier.send(.stopping(status, within: time)) }

  /// The end takes so long from now on.
  func extend(_ time: Duration) { notifier.send(.extending(time)) }

  /// Another process is the service from now on.
  func handOver(to pid: Int32) { notifier.send(.mainProcess(pid)) }

  /// The thread that tells that all goes on, where the manager wants to hear it.
  func pulse(_ threads: () -> [WatchedThread]) -> Pulse? {
    guard environment.notify != nil, let interval = environment.watchdog else { return nil }
    return Pulse(interval: interval, threads: threads()) { [notifier] in notifier.send(.watchdog) }
  }

  // MARK: The log

  /// Opens what another configuration says of the log. Throws where that cannot be.
  func prepare(_ settings: NodeSettings.Log) throws(Failure) -> LogOutput.Change? { try log?.prepare(settings) }

  func commit(_ change: LogOutput.Change?) { if let change { log?.commit(change) } }

  /// USR1: the log was moved away.
  func reopenLog(_ logger: Logger) {
    guard let log, let file = log.file else { return }
    if let failure = log.reopen() {
      // To the old file, which is kept.
      logger.error("the log stays where it was", metadata: .event(.logFailed, ["reason": "\(failure.lines.first?.message ?? "")"]))
    } else {
      logger.notice("the log was opened anew", metadata: .event(.logReopened, ["file": "\(file)"]))
    }
  }
}
