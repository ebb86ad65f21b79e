import NIOCore
import Synchronization

/// A batch's buffer while the disk or the link has it. Who takes it out has the one reference, so that its memory can be written again:
/// a closure that held the buffer itself would make the next write copy all of it.
final class HeldBuffer: Sendable {
  private let buffer: Mutex<ByteBuffer?>

  init(_ buffer: consuming ByteBuffer) { self.buffer = Mutex(buffer) }

  func put(_ buffer: consuming ByteBuffer) {
    let given: ByteBuffer? = consume buffer
    self.buffer.withLock { $0 = given }
  }

  /// The buffer, the first time.
  func take() -> ByteBuffer? { buffer.withLock { $0.take() } }
}
