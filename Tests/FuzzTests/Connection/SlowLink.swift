import NIOCore
import NIOEmbedded

/// Stands where the socket would: takes what is written at once, or holds it until it is let go, with the writability that comes of it.
final class SlowLink: ChannelOutboundHandler {
  typealias OutboundIn = ByteBuffer

  /// Whether nothing is taken at the moment.
  var isStuck = false
  /// Bytes that were written and not taken.
  private(set) var heldBytes = 0
  private var held: [(buffer: ByteBuffer, promise: EventLoopPromise<Void>?)] = []
  private var taken = ByteBuffer()
  private weak var channel: EmbeddedChannel?
  /// The listener's high mark.
  private static let highMark = 1 << 20

  init(channel: EmbeddedChannel) {
    self.channel = channel
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let buffer = unwrapOutboundIn(data)
    guard isStuck else { return take(buffer, promise) }
    held.append((buffer, promise))
    heldBytes += buffer.readableBytes
    if heldBytes > Self.highMark { set(isWritable: false) }
  }

  func flush(context: ChannelHandlerContext) {}

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    let lost = held
    (held, heldBytes) = ([], 0)
    for write in lost { write.promise?.fail(ChannelError.ioOnClosedChannel) }
    context.close(mode: mode, promise: promise)
  }

  /// The link takes what was held, and all that follows.
  func letGo() {
    isStuck = false
    let freed = held
    (held, heldBytes) = ([], 0)
    for write in freed { take(write.buffer, write.promise) }
    set(isWritable: true)
  }

  /// What the link has taken since the last call.
  func takeSent() -> ByteBuffer {
    defer { taken.clear() }
    return taken
  }

  private func take(_ buffer: ByteBuffer, _ promise: EventLoopPromise<Void>?) {
    taken.writeImmutableBuffer(buffer)
    promise?.succeed()
  }

  private func set(isWritable: Bool) {
    guard let channel, channel.isWritable != isWritable else { return }
    channel.isWritable = isWritable
    channel.pipeline.fireChannelWritabilityChanged()
  }
}
