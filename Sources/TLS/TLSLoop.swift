import NIOCore

/// What the TLS links of one event loop share, so that an idle one has nothing of its own: buffers, and turns for handshakes.
package final class TLSLoop {
  let pacing: HandshakePacing
  /// The beginning of a record that goes on in the next buffer.
  var carry: [UInt8]
  var carried = 0
  private var plaintext: ByteBuffer?
  private var scratch: [ByteBuffer] = []

  /// What a record holds at most.
  static let recordSize = 16_384
  private static let plaintextCapacity = 64 << 10
  private static let scratchKept = 4
  /// 64 blocks with headers, and what 65 records add.
  private static let scratchCapacity = 64 * (16_384 + 13) + 65 * 22 + 1024

  /// Takes back the buffers that ciphertext was read into.
  let recycle: (ByteBuffer) -> Void

  package init(eventLoop: any EventLoop, recycle: @escaping (ByteBuffer) -> Void = { _ in }) {
    self.recycle = recycle
    pacing = HandshakePacing(eventLoop: eventLoop)
    carry = [UInt8](repeating: 0, count: Self.recordSize)
  }

  /// An empty buffer to decrypt into. Where somebody still holds the last one, it is a new one.
  func takePlaintext() -> ByteBuffer {
    guard var buffer = plaintext else { return ByteBufferAllocator().buffer(capacity: Self.plaintextCapacity) }
    plaintext = nil
    buffer.clear(minimumCapacity: Self.plaintextCapacity)
    return buffer
  }

  func giveBack(plaintext buffer: ByteBuffer) { plaintext = buffer }

  /// An empty buffer for a batch's ciphertext.
  func takeScratch() -> ByteBuffer {
    guard var buffer = scratch.popLast() else { return ByteBufferAllocator().buffer(capacity: Self.scratchCapacity) }
    buffer.clear()
    return buffer
  }

  /// Gives a batch's memory back once the link has taken it.
  func giveBack(scratch buffer: ByteBuffer) {
    guard scratch.count < Self.scratchKept, buffer.storageCapacity >= Self.scratchCapacity,
      buffer.storageCapacity <= 2 * Self.scratchCapacity
    else { return }
    scratch.append(buffer)
  }
}
