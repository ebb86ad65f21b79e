import NIOCore

/// Where a connection's bytes are read into: one buffer for all connections of a loop, so that an idle connection has none.
///
/// A connection's first read, its handshake, goes into a small buffer that NIO keeps for as long as the channel lives; asked for one that is
/// larger each time after that, NIO keeps none (a channel reads once a turn: `maxMessagesPerRead` is 1).
struct LoopReceiver: RecvByteBufferAllocator {
  /// A handshake has 68 bytes; some peers send their extended handshake with it.
  private static let first = 128

  private let shared: SharedReceiveBuffer
  private var hasRead = false

  init(_ shared: SharedReceiveBuffer) { self.shared = shared }

  func buffer(allocator: ByteBufferAllocator) -> ByteBuffer { hasRead ? shared.take() : allocator.buffer(capacity: Self.first) }

  mutating func record(actualReadBytes: Int) -> Bool {
    hasRead = true
    return true
  }

  /// Makes a channel of the loop read in this way.
  static func install(on channel: any Channel, _ shared: SharedReceiveBuffer) throws {
    let options = channel.syncOptions
    try options?.setOption(.maxMessagesPerRead, value: 1)
    try options?.setOption(.recvAllocator, value: LoopReceiver(shared))
  }
}

/// A loop's buffer for reading, taken for a read and given back after it.
final class SharedReceiveBuffer: Sendable {
  /// As much as is read at once: more than a thousand requests.
  static let capacity = 64 << 10

  private let free: NIOLoopBoundBox<ByteBuffer?>

  /// On the loop itself.
  init(eventLoop: any EventLoop) { free = NIOLoopBoundBox(nil, eventLoop: eventLoop) }

  /// An empty buffer. Where somebody still holds a slice of the last one, it is a new one.
  func take() -> ByteBuffer {
    guard var buffer = free.value.take() else { return ByteBufferAllocator().buffer(capacity: Self.capacity) }
    buffer.clear(minimumCapacity: Self.capacity)
    return buffer
  }

  /// Gives a buffer back; nothing happens with one that is not of ours.
  func giveBack(_ buffer: ByteBuffer) {
    guard buffer.storageCapacity >= Self.capacity, buffer.storageCapacity <= 2 * Self.capacity else { return }
    free.value = buffer
  }
}
