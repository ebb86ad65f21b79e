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
  private var scratch: [ByteBuffer] = []
  private static let scratchKept = 4
  private static let scratchCapacity = 64 * (16_384 + 13)

  init(core: EngineCore, eventLoop: any EventLoop, index: Int) {
    (self.core, self.eventLoop, self.index) = (core, eventLoop, index)
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

  /// About once a second.
  func tick() {
    let now = core.clock.now()
    let wall = core.clock.wall()
    for connection in Array(connections.values) { connection.tick(now, wall) }
  }
}
