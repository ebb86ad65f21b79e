import NIOCore
import Synchronization

/// Memory for runs of blocks on their way to the disk, used again and again: fresh memory costs the kernel more than copying does.
final class RunBuffers: Sendable {
  private static let kept = 64
  private let free = Mutex<[ByteBuffer]>([])

  func take() -> ByteBuffer {
    guard var buffer = free.withLock({ $0.popLast() }) else { return ByteBufferAllocator().buffer(capacity: BlockRun.most) }
    buffer.clear()
    return buffer
  }

  /// Gives memory back; what is not of ours is let go of.
  func giveBack(_ buffer: consuming ByteBuffer) {
    guard buffer.storageCapacity >= BlockRun.most, buffer.storageCapacity <= 2 * BlockRun.most else { return }
    let buffer = buffer
    free.withLock { free in
      if free.count < Self.kept { free.append(buffer) }
    }
  }
}
