import CLinux
import Dispatch
import Glibc
import Synchronization

/// The thread that the kernel tells of leases being broken. It ends when its keeper does.
final class LeaseListener: Sendable {
  private struct State {
    weak var keeper: LeaseKeeper?
    var thread: pid_t = 0
  }

  private let state = Mutex(State())
  private let isListening = DispatchSemaphore(value: 0)

  /// Starts the thread; its id once signals can be sent to it, nil where the system gives none.
  func start() -> pid_t? {
    let argument = Unmanaged.passRetained(self)
    var thread = pthread_t()
    let failed = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<LeaseListener>.fromOpaque(argument).takeRetainedValue().listen()
        return nil
      }, argument.toOpaque())
    guard failed == 0 else {
      argument.release()
      return nil
    }
    pthread_detach(thread)
    isListening.wait()
    return state.withLock { $0.thread }
  }

  func attach(_ keeper: LeaseKeeper) { state.withLock { $0.keeper = keeper } }

  private func listen() {
    let own = granary_lease_listen()
    state.withLock { $0.thread = own }
    isListening.signal()
    while true {
      let descriptor = granary_lease_wait()
      if descriptor == -2 { return }
      state.withLock { $0.keeper }?.signalled(descriptor)
    }
  }
}
