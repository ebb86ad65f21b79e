import CLinux
import Glibc
import Synchronization

/// Takes leases on files, and gives each back at once when somebody else wants to write.
///
///     F_SETLEASE on a descriptor ──> table by descriptor number
///     another program opens for writing ──> signal to our thread, which waits for nothing else
///       ──> under the table's lock: is it the file of the table, and is its lease being broken? ──> marked, given back
///       ──> told to the artifact's reader, and by it to the engine
///
/// A signal names a descriptor by its number, which may be another file's by the time that it is read: descriptors leave the table before
/// they are closed, and the kernel is asked about the one that is in the table now. Where signals were lost all are asked about.
package final class LeaseKeeper: Sendable {
  private struct State {
    var leases: [Int32: FileLease] = [:]
    var counts = LeaseCounts()
  }

  private let state = Mutex(State())
  private let listener: pid_t

  /// A keeper with a thread of its own; without leases where the system gives none.
  package init() {
    let thread = LeaseListener()
    listener = thread.start() ?? 0
    thread.attach(self)
  }

  deinit {
    if listener != 0 { granary_lease_stop(listener) }
  }

  /// How leases fare.
  package var counts: LeaseCounts {
    state.withLock { state in
      var counts = state.counts
      counts.held = state.leases.count
      return counts
    }
  }

  /// Leases the open file; nil, which is counted, where that cannot be had. Does not wait for a disk.
  func take(_ descriptor: Int32, notify: @escaping @Sendable () -> Void) -> FileLease? {
    guard listener != 0 else { return nil }
    let lease = FileLease(notify: notify)
    return state.withLock { state in
      switch granary_lease_take(descriptor, listener) {
      case 0:
        state.leases[descriptor] = lease
        state.counts.taken += 1
        return lease
      case EAGAIN: state.counts.beingWritten += 1
      case EACCES, EPERM: state.counts.notOurs += 1
      default: state.counts.unsupported += 1
      }
      return nil
    }
  }

  /// Forgets a descriptor that is about to be closed, which gives its lease back.
  func forget(_ descriptor: Int32) {
    let leaving = state.withLock { $0.leases.removeValue(forKey: descriptor) }
    _ = leaving
  }

  /// Whether somebody has the file open for writing now; false where that cannot be told.
  func isBeingWritten(_ descriptor: Int32) -> Bool {
    guard listener != 0 else { return false }
    // A lease for a moment, that nobody is told of: where it is broken meanwhile, it is given back right away all the same.
    let number = granary_lease_take(descriptor, listener)
    if number == 0 { _ = granary_lease_release(descriptor) }
    return number == EAGAIN
  }

  /// The kernel's word that the lease on a descriptor is being broken; negative: that of any may be.
  func signalled(_ descriptor: Int32) {
    let broken = descriptor >= 0 ? [descriptor] : state.withLock { Array($0.leases.keys) }
    for descriptor in broken { release(descriptor)?.tellBroken() }
  }

  /// Gives a lease back that is being broken; nil where none is.
  private func release(_ descriptor: Int32) -> FileLease? {
    state.withLock { state in
      guard let lease = state.leases[descriptor], granary_lease_stands(descriptor) != 1 else { return nil }
      lease.markBroken()
      _ = granary_lease_release(descriptor)
      state.leases[descriptor] = nil
      state.counts.broken += 1
      return lease
    }
  }
}
