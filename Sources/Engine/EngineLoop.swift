import NIOCore
import PluginKit

/// What the connections of one event loop share: the table of them, and buffers for reading blocks into.
final class EngineLoop {
  let core: EngineCore
  let eventLoop: any EventLoop
  let index: Int
  /// Whose hook runs on this loop, for the watchdog.
  let lane: HookLane
  var connections: [PeerNumber: PeerConnection] = [:]
  let receiving: SharedReceiveBuffer
  /// The setting as of this second's tick: asked for each connection, it would be a lock each.
  private(set) var idleTimeout: Duration
  /// How many connections more are to be let go in this second, because there are nearly as many as there may be.
  var shedding = 0
  private var scratch: [ByteBuffer] = []
  private static let scratchKept = 4
  private static let scratchCapacity = 64 * (16_384 + 13)

  /// On the loop itself.
  init(core: EngineCore, eventLoop: any EventLoop, index: Int) {
    (self.core, self.eventLoop, self.index) = (core, eventLoop, index)
    idleTimeout = core.settings.idleTimeout
    receiving = SharedReceiveBuffer(eventLoop: eventLoop)
    lane = HookLane(clock: core.clock.now)
  }

  /// An empty buffer. Its memory is that of an earlier batch where the link has taken all of that one.
  func takeBuffer() -> ByteBuffer {
    guard var buffer = scratch.popLast() else { return ByteBufferAllocator().buffer(capacity: Self.scratchCapacity) }
    buffer.clear()
    return buffer
  }

  /// Gives a buffer's memory back once the link has taken its bytes.
  func giveBack(_ buffer: ByteBuffer) {
    guard scratch.count < Self.scratchKept, buffer.storageCapacity >= Self.scratchCapacity else { return }
    scratch.append(buffer)
  }

  /// All connections, once.
  func tick() { tick(0, of: 1) }

  /// One part of the connections of so many: thousands at once would make the others wait for milliseconds.
  func tick(_ part: Int, of parts: Int) {
    idleTimeout = core.settings.idleTimeout
    let now = core.clock.now()
    let wall = core.clock.wall()
    if part == 0 { shedding = core.excessOfALoop }
    let (part, parts) = (UInt64(part), UInt64(max(1, parts)))
    // Connections may end, and leave the table, while they are told.
    let due = connections.compactMap { core.numbers.rank(of: $0.key) % parts == part ? $0.value : nil }
    for connection in due { connection.tick(now, wall) }
  }
}
