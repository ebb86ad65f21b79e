import Synchronization

/// How many hash requests are being answered on each device. A few at a time, so that they leave it threads for the blocks that peers ask
/// for; and each device for itself, so that one that hangs keeps nobody from the hashes of another.
final class HashJobs: Sendable {
  /// A device has half of the disk's threads, of which the node has 16.
  static let mostOnADevice = 4

  private let running = Mutex<[DiskThreads.Lane: Int]>([:])

  /// Whether nothing is being answered.
  var isEmpty: Bool { running.withLock { $0.isEmpty } }

  func count(on device: DiskThreads.Lane) -> Int { running.withLock { $0[device] ?? 0 } }

  /// Whether one more may begin.
  func hasRoom(on device: DiskThreads.Lane) -> Bool { count(on: device) < Self.mostOnADevice }

  /// Counts one more; false where there is no room for it.
  func begin(on device: DiskThreads.Lane) -> Bool {
    running.withLock { running in
      let known = running[device] ?? 0
      guard known < Self.mostOnADevice else { return false }
      running[device] = known + 1
      return true
    }
  }

  func end(on device: DiskThreads.Lane) {
    running.withLock { running in
      let left = (running[device] ?? 0) - 1
      running[device] = left > 0 ? left : nil
    }
  }
}
