import Foundation
import Synchronization

/// A thread that tells the service manager that all goes on, for as long as everything that must go on answers.
final class Pulse: Sendable {
  private let heartbeat: Mutex<Heartbeat>
  private let threads: [WatchedThread]
  private let tell: @Sendable () -> Void
  private let isStopped = Atomic<Bool>(false)

  init(interval: Duration, threads: [WatchedThread], tell: @escaping @Sendable () -> Void) {
    (self.threads, self.tell) = (threads, tell)
    heartbeat = Mutex(Heartbeat(interval: interval))
  }

  func start() {
    let thread = Thread { [self] in
      let pause = heartbeat.withLock { $0.pause } / .seconds(1)
      while !isStopped.load(ordering: .relaxed) {
        look(.now)
        Thread.sleep(forTimeInterval: pause)
      }
    }
    thread.name = "pulse"
    thread.start()
  }

  func stop() { isStopped.store(true, ordering: .relaxed) }

  /// Looks once. Who was asked at the last look must have answered.
  func look(_ now: ContinuousClock.Instant) {
    let open = threads.filter { $0.question() != nil }
    if heartbeat.withLock({ $0.wake(now, allAnswer: open.isEmpty) }) { tell() }
  }
}
