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
/// A lease under which windows are mapped is marked and told of, and given back when the last of them is gone; the kernel makes the other
/// program wait so long.
///
/// A signal names a descriptor by its number, which may be another file's by the time that it is read: descriptors leave the table before
/// they are closed, and the kernel is asked about the one that is in the table now. Where signals were lost all are asked about.
package final class LeaseKeeper: Sendable {
  private struct State {
    var leases: [Int32: FileLease] = [:]
    /// How many windows show a file. While there are any its lease is not given back: its bytes must not change, nor go.
    var windows: [Int32: Int] = [:]
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
    let leaving = state.withLock { state in
      state.windows[descriptor] = nil
      return state.leases.removeValue(forKey: descriptor)
    }
    _ = leaving
  }

  /// Counts a window under the lease; false where that is broken already.
  func beginWindow(_ descriptor: Int32, _ lease: FileLease) -> Bool {
    state.withLock { state in
      guard state.leases[descriptor] === lease, !lease.isBroken else { return false }
      state.windows[descriptor, default: 0] += 1
      return true
    }
  }

  /// A window is gone; after the last one a broken lease is given back.
  func endWindow(_ descriptor: Int32) {
    state.withLock { state in
      guard let count = state.windows[descriptor] else { return }
      state.windows[descriptor] = count > 1 ? count - 1 : nil
      guard count <= 1, state.leases[descriptor]?.isBroken == true else { return }
      _ = granary_lease_release(descriptor)
      state.leases[descriptor] = nil
    }
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

  /// Gives a lease back that is being broken, or has that done by the end of the last window; nil where none is, or where that is known.
  private func release(_ descriptor: Int32) -> FileLease? {
    state.withLock { state in
      guard let lease = state.leases[descriptor], !lease.isBroken, granary_lease_stands(descriptor) != 1 else { return nil }
      lease.markBroken()
      state.counts.broken += 1
      guard state.windows[descriptor] == nil else { return lease }
      _ = granary_lease_release(descriptor)
      state.leases[descriptor] = nil
      return lease
    }
  }
}
