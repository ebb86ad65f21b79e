import Dispatch
import Glibc
import NIOCore
import NIOEmbedded
import Synchronization

/// An embedded loop that other threads may hand work to: what they hand over waits until the loop's own thread collects it.
final class FuzzLoop: EventLoop {
  let embedded = EmbeddedEventLoop()
  private let mail = Mutex<[@Sendable () -> Void]>([])
  private let thread = pthread_self()

  // The embedded loop would take every thread for its own.
  var inEventLoop: Bool { pthread_equal(thread, pthread_self()) != 0 }
  var now: NIODeadline { embedded.now }

  func execute(_ task: @escaping @Sendable () -> Void) {
    if inEventLoop { embedded.execute(task) } else { mail.withLock { $0.append(task) } }
  }

  /// Runs what there is to run, until there is nothing; true where there was something.
  @discardableResult
  func run() -> Bool {
    let arrived = mail.withLock { mail in
      defer { mail = [] }
      return mail
    }
    for task in arrived { embedded.execute(task) }
    embedded.run()
    return !arrived.isEmpty
  }

  @discardableResult
  func scheduleTask<T>(deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
    embedded.scheduleTask(deadline: deadline, task)
  }

  @discardableResult
  func scheduleTask<T>(in delay: TimeAmount, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
    embedded.scheduleTask(in: delay, task)
  }

  func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
    embedded.shutdownGracefully(queue: queue, callback)
  }
}
