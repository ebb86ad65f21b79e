import NIOCore

/// Where a connection's bytes are read into: one buffer for all connections of a loop, so that an idle connection has none.
///
/// A connection's first read, its handshake, goes into a small buffer that NIO keeps for as long as the channel lives; asked for one that is
/// larger each time after that, NIO keeps none (a channel reads once a turn: `maxMessagesPerRead` is 1).
struct LoopReceiver: RecvByteBufferAllocator {
  /// A handshake has 68 bytes; some peers send their extended handshake with it.
  private static let first = 128

  private let manner: ReceivingManner
  private var hasRead = false

  init(_ manner: ReceivingManner) { self.manner = manner }

  func buffer(allocator: ByteBufferAllocator) -> ByteBuffer { hasRead ? manner.buffer.take() : allocator.buffer(capacity: Self.first) }

  mutating func record(actualReadBytes: Int) -> Bool {
    hasRead = true
    return true
  }

  /// Makes a channel of the loop read in this way.
  static func install(on channel: any Channel, _ shared: SharedReceiveBuffer) throws -> ReceivingManner {
    let manner = ReceivingManner(shared, channel.eventLoop)
    let options = channel.syncOptions
    try options?.setOption(.maxMessagesPerRead, value: 1)
    try options?.setOption(.recvAllocator, value: LoopReceiver(manner))
    return manner
  }
}

/// Into which of its loop's buffers a connection is read.
final class ReceivingManner: Sendable {
  private let current: NIOLoopBoundBox<SharedReceiveBuffer>

  /// On the loop itself.
  init(_ buffer: SharedReceiveBuffer, _ eventLoop: any EventLoop) { current = NIOLoopBoundBox(buffer, eventLoop: eventLoop) }

  var buffer: SharedReceiveBuffer {
    get { current.value }
    set { current.value = newValue }
  }
}

/// A loop's buffer for reading, taken for a read and given back after it.
final class SharedReceiveBuffer: Sendable {
  /// As much as is read at once where we give: more than a thousand requests.
  static let capacity = 64 << 10
  /// The same where we are given: sixteen blocks.
  static let blocks = 256 << 10

  private let capacity: Int
  private let free: NIOLoopBoundBox<ByteBuffer?>

  /// On the loop itself.
  init(eventLoop: any EventLoop, capacity: Int = capacity) {
    self.capacity = capacity
    free = NIOLoopBoundBox(nil, eventLoop: eventLoop)
  }

  /// An empty buffer. Where somebody still holds a slice of the last one, it is a new one.
  func take() -> ByteBuffer {
    guard var buffer = free.value.take() else { return ByteBufferAllocator().buffer(capacity: capacity) }
    buffer.clear(minimumCapacity: capacity)
    return buffer
  }

  /// Gives a buffer back; nothing happens with one that is not of ours.
  func giveBack(_ buffer: ByteBuffer) {
    guard buffer.storageCapacity >= capacity, buffer.storageCapacity < 2 * capacity else { return }
    free.value = buffer
  }
}
