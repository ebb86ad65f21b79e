import Glibc
import Synchronization

@testable import Engine

/// A device that hangs: all threads that its lane may have are taken until it is lifted.
final class DiskBlockade: Sendable {
  private let isLifted = Atomic(false)

  /// - Parameter threads: how many the disk's pool has; a lane has half of them.
  init(_ disk: DiskThreads, _ lane: DiskThreads.Lane, threads: Int = 4) {
    for _ in 0..<threads / 2 {
      // A thread of the disk's may wait.
      disk.submit(lane) { [self] _ in
        while !isLifted.load(ordering: .acquiring) { usleep(1000) }
      }
    }
  }

  func lift() { isLifted.store(true, ordering: .releasing) }
}
