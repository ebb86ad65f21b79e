import NIOCore
import NIOPosix
import PluginKit
import Synchronization

/// Something that runs what it is given, one after the other or a few at a time: asked now and then whether it still does.
final class WatchedThread: Sendable {
  /// What its silence means.
  enum Importance: Sendable {
    /// The process cannot go on.
    case vital
    /// To be told of: a slow disk is not a hang.
    case reported
  }

  let name: String
  let importance: Importance
  /// Whose hook runs on it.
  let lane: HookLane?
  private let submit: @Sendable (@escaping @Sendable () -> Void) -> Void
  private let asked = Atomic<UInt64>(0)
  private let answered = Atomic<UInt64>(0)

  init(
    _ name: String, _ importance: Importance, lane: HookLane? = nil, submit: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void
  ) {
    (self.name, self.importance, self.lane, self.submit) = (name, importance, lane, submit)
  }

  /// The number of the question that is without an answer; asks another where there is none.
  func question() -> UInt64? {
    let number = asked.load(ordering: .acquiring)
    guard answered.load(ordering: .acquiring) == number else { return number }
    asked.store(number + 1, ordering: .releasing)
    submit { [self] in answered.store(number + 1, ordering: .releasing) }
    return nil
  }
}

extension WatchedThread {
  static func loop(_ index: Int, _ eventLoop: any EventLoop, _ lane: HookLane) -> WatchedThread {
    WatchedThread("event loop \(index + 1)", .vital, lane: lane) { body in eventLoop.execute(body) }
  }

  static func pool(_ name: String, _ pool: NIOThreadPool) -> WatchedThread {
    WatchedThread(name, .reported) { body in pool.submit { _ in body() } }
  }

  /// What `async` functions run on, a guard's `admit` among them.
  static let concurrency = WatchedThread("the threads of async functions", .reported) { body in Task.detached { body() } }
}
