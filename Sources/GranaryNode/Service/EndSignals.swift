import Dispatch
import Foundation
import ServiceLifecycle
import Synchronization

/// TERM and INT: the first asks for the end, a second one for the end at once.
final class EndSignals: Sendable {
  private struct State {
    var first: ContinuousClock.Instant?
    var isHurried = false
    var asked: [@Sendable () -> Void] = []
    var hurried: [@Sendable () -> Void] = []
  }

  private let state = Mutex(State())

  /// `timeout` and terminals send one signal twice in the same moment: to the process, and to its group.
  static let sameMoment = Duration.milliseconds(100)

  /// From now on the signals end nobody by themselves.
  func watch() {
    let queue = DispatchQueue(label: "granary.end-signals")
    for number in [SIGTERM, SIGINT] {
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      // It keeps itself, and this: the signals are the process's for good.
      source.setEventHandler {
        withExtendedLifetime(source) { self.came(.now) }
      }
      source.resume()
    }
  }

  /// A signal came.
  func came(_ now: ContinuousClock.Instant) {
    let waiters: [@Sendable () -> Void] = state.withLock { state in
      guard let first = state.first else {
        state.first = now
        defer { state.asked = [] }
        return state.asked
      }
      guard now - first > Self.sameMoment, !state.isHurried else { return [] }
      state.isHurried = true
      defer { state.hurried = [] }
      return state.hurried
    }
    for waiter in waiters { waiter() }
  }

  /// Whether the end is to be at once.
  var isHurried: Bool { state.withLock { $0.isHurried } }

  /// Returns when the end has been asked for, or when the task is cancelled.
  func asked() async {
    let (word, asking) = AsyncStream.makeStream(of: Void.self)
    let isAsked = state.withLock { state in
      if state.first == nil { state.asked.append { asking.finish() } }
      return state.first != nil
    }
    if isAsked { return }
    for await _ in word {}
  }

  /// Calls the closure once the end is to be at once; now, where it is so already.
  func whenHurried(_ body: @escaping @Sendable () -> Void) {
    let isHurried = state.withLock { state in
      if !state.isHurried { state.hurried.append(body) }
      return state.isHurried
    }
    if isHurried { body() }
  }

  /// Does something that takes its time, and waits for it unless the end is to be at once: then it is left to itself.
  func unlessHurried(_ work: @escaping @Sendable () async -> Void) async {
    guard !isHurried else { return }
    let (done, word) = AsyncStream.makeStream(of: Void.self)
    whenHurried { word.finish() }
    Task {
      await work()
      word.finish()
    }
    for await _ in done {}
  }
}

/// Ends the group of a node's services when a signal asks for it.
struct EndService: Service {
  let signals: EndSignals

  func run() async throws { await cancelWhenGracefulShutdown { await signals.asked() } }
}
