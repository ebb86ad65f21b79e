import NIOCore
import PluginKit
import TLS

/// What the connections of one event loop share: the table of them, and buffers for reading blocks into.
final class EngineLoop {
  let core: EngineCore
  let eventLoop: any EventLoop
  let index: Int
  /// Whose hook runs on this loop, for the watchdog.
  let lane: HookLane
  var connections: [PeerNumber: PeerConnection] = [:]
  let receiving: SharedReceiveBuffer
  /// The same for connections on which blocks come.
  let receivingBlocks: SharedReceiveBuffer
  /// What the loop's TLS links share.
  let tls: TLSLoop
  /// How many live links more may be judged again in this part of the second.
  var judgementsLeft = 0
  /// The settings as of the beginning of this second: asked for each connection, they would be a lock and a copy each.
  private(set) var settings: EngineSettings
  /// How many connections more are to be let go in this second, because there are nearly as many as there may be.
  var shedding = 0
  /// What the settings want to know of the swarms that were asked about in this second.
  private var watching: [Int64: SwarmWatching] = [:]
  /// The connections that there were at the beginning of this second, by the part of it in which they are told the time.
  private var turns: [[PeerNumber]] = []
  private var scratch: [ByteBuffer] = []
  private static let scratchKept = 4
  /// A judgement takes some tenths of a millisecond.
  private static let judgementsAtOnce = 32
  private static let scratchCapacity = 64 * (16_384 + 13)

  /// On the loop itself.
  init(core: EngineCore, eventLoop: any EventLoop, index: Int) {
    (self.core, self.eventLoop, self.index) = (core, eventLoop, index)
    settings = core.settings
    let receiving = SharedReceiveBuffer(eventLoop: eventLoop)
    self.receiving = receiving
    receivingBlocks = SharedReceiveBuffer(eventLoop: eventLoop, capacity: SharedReceiveBuffer.blocks)
    tls = TLSLoop(eventLoop: eventLoop) { receiving.giveBack($0) }
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

  /// One part of the connections of so many: thousands at once would make the others wait for milliseconds. The first part begins a second.
  func tick(_ part: Int, of parts: Int) {
    if part == 0 { beginSecond(parts) }
    guard turns.indices.contains(part) else { return }
    let now = core.clock.now()
    let wall = core.clock.wall()
    judgementsLeft = Self.judgementsAtOnce
    // Connections may end, and leave the table, while others are told.
    for number in turns[part] { connections[number]?.tick(now, wall) }
  }

  private func beginSecond(_ parts: Int) {
    settings = core.settings
    shedding = core.excessOfALoop
    watching.removeAll(keepingCapacity: true)
    turns = [[PeerNumber]](repeating: [], count: max(1, parts))
    for number in connections.keys { turns[Int(core.numbers.rank(of: number) % UInt64(turns.count))].append(number) }
  }

  /// What the settings of this second want to know of a swarm: patterns are matched once for all of its peers.
  func watching(_ facts: ArtifactFacts) -> SwarmWatching {
    if let known = watching[facts.id] { return known }
    let found = SwarmWatching(watches: settings.watches(facts), superSeeds: settings.superSeeds(facts))
    watching[facts.id] = found
    return found
  }
}

/// What the settings want to know of a swarm.
struct SwarmWatching: Sendable {
  /// Whether it must be known which peers have which pieces.
  let watches: Bool
  /// Whether its peers are super-seeded as long as it lacks pieces.
  let superSeeds: Bool
}
