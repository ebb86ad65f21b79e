import Foundation
import Logging
import PluginKit
import Synchronization

/// A thread of its own that sees to it that nothing hangs: where an event loop does not answer, or a plugin does not return from a hook, it says
/// which plugin and hook that is and ends the process, so that the service manager starts it again. Code in the same process cannot be held
/// back otherwise.
final class Watchdog: Sendable {
  /// What is outstanding: a thread's answer, or a plugin's return.
  private enum Question: Hashable {
    case thread(ObjectIdentifier, UInt64)
    case call(ObjectIdentifier, UInt64)
  }

  /// What hangs, in words for the operator.
  struct Hang: Sendable {
    let plugin: String?
    let message: String
  }

  private let threads: [WatchedThread]
  private let plugins: @Sendable () -> [InstalledPlugin]
  private let logger: Logger
  private let end: @Sendable (Hang) -> Void
  private let vigil: Mutex<Vigil<Question>>
  private let reported = Mutex<Set<ObjectIdentifier>>([])
  private let isStopped = Atomic<Bool>(false)

  /// - Parameter end: ends the process; called at most once.
  init(
    limit: Duration, threads: [WatchedThread], plugins: @escaping @Sendable () -> [InstalledPlugin], logger: Logger,
    end: @escaping @Sendable (Hang) -> Void
  ) {
    (self.threads, self.plugins, self.logger, self.end) = (threads, plugins, logger, end)
    vigil = Mutex(Vigil(limit: limit))
  }

  func start() {
    let thread = Thread { [self] in watch() }
    thread.name = "watchdog"
    thread.start()
  }

  func stop() { isStopped.store(true, ordering: .relaxed) }

  private func watch() {
    let pause = vigil.withLock { $0.interval } / .seconds(1)
    while !isStopped.load(ordering: .relaxed) {
      if let hang = look(.now) { return end(hang) }
      Thread.sleep(forTimeInterval: pause)
    }
  }

  /// Looks once; gives what the process cannot go on with.
  func look(_ now: ContinuousClock.Instant) -> Hang? {
    let asked = threads.map { ($0, $0.question()) }
    let open = asked.compactMap { thread, number in number.map { Question.thread(ObjectIdentifier(thread), $0) } }
    let calls = plugins().flatMap { installed in
      installed.statistics.calls.map { (installed, $0, Question.call(ObjectIdentifier(installed), $0.number)) }
    }
    let overdue = Set(vigil.withLock { $0.wake(now, open: open + calls.map(\.2)) })
    let late = calls.filter { overdue.contains($0.2) }
    // A question of `admit` may wait; it holds no thread, unless the threads of async functions do not answer either.
    let silent = asked.filter { thread, number in number.map { overdue.contains(.thread(ObjectIdentifier(thread), $0)) } ?? false }.map(\.0)
    report(silent.filter { $0.importance == .reported })
    let hung = late.filter { $0.1.hook != .admit || silent.contains { $0 === WatchedThread.concurrency } }
    if let thread = silent.first(where: { $0.importance == .vital }) { return hang(thread, hung.first.map { ($0.0, $0.1) }) }
    return hung.first.map { Hang(plugin: $0.0.name, message: "plugin \($0.0.name) hangs in \($0.1.hook.rawValue)") }
  }

  private func hang(_ thread: WatchedThread, _ call: (InstalledPlugin, PluginStatistics.Call)?) -> Hang {
    let limit = vigil.withLock { $0.limit }
    let silence = "\(thread.name) has not answered for \(limit)"
    if let running = thread.lane?.running {
      let words = "plugin \(running.plugin) hangs in \(running.hook.rawValue) of connection \(running.connection): \(silence)"
      return Hang(plugin: running.plugin, message: words)
    }
    if let (installed, call) = call {
      return Hang(plugin: installed.name, message: "plugin \(installed.name) hangs in \(call.hook.rawValue): \(silence)")
    }
    return Hang(plugin: nil, message: "\(silence), and no plugin's hook runs on it")
  }

  /// Says once that something is slow, and once that it is no more.
  private func report(_ silent: [WatchedThread]) {
    let now = Set(silent.map { ObjectIdentifier($0) })
    let before = reported.withLock { reported in
      defer { reported = now }
      return reported
    }
    for thread in silent where !before.contains(ObjectIdentifier(thread)) {
      logger.warning("slow to answer", metadata: .event(.nodeSlow, ["what": "\(thread.name)", "for": "\(vigil.withLock { $0.limit })"]))
    }
    for thread in threads where before.contains(ObjectIdentifier(thread)) && !now.contains(ObjectIdentifier(thread)) {
      logger.notice("answers again", metadata: .event(.nodeAnswers, ["what": "\(thread.name)"]))
    }
  }
}
