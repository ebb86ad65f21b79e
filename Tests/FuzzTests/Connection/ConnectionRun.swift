import Metainfo
import NIOCore
import NIOEmbedded
import PeerProtocol
import PluginKit
import Synchronization
import TestSupport

@testable import Engine

/// One connection from its beginning to its end, and what must hold of it after every step.
final class ConnectionRun {
  let world: ConnectionWorld
  let artifact: FuzzArtifact
  let channel: EmbeddedChannel
  let link: SlowLink
  /// Nil once it has ended and nobody holds it.
  private(set) weak var connection: PeerConnection?
  /// Whether the policy in force is the one that the connection began under.
  private var isPolicyFirst = true
  private let queue: Int
  /// Whether the artifact is fetched, not there already.
  private let isFetched: Bool
  private var incoming = ByteBuffer()
  private var check: SentCheck
  private static let readSize = 64 << 10

  init(_ world: ConnectionWorld, _ artifact: FuzzArtifact, settings: EngineSettings, isDialed: Bool, isFetched: Bool) throws {
    self.isFetched = isFetched
    (self.world, self.artifact) = (world, artifact)
    channel = EmbeddedChannel(loop: world.loop.embedded)
    link = SlowLink(channel: channel)
    check = SentCheck(artifact, mayAsk: isFetched)
    queue = settings.requestQueue
    let core = world.engine.core
    let address = PolicyFixtures.peer("127.0.0.1").address
    let target = isDialed ? core.swarms[artifact.seeded.facts.id].map { DialTarget(swarm: $0, infoHash: artifact.infoHash) } : nil
    try core.beginConnection(address.ip, isDialed ? .outbound : .inbound)
    let connection = PeerConnection(
      core: core, loop: world.engineLoop, number: core.numbers.number(onLoop: 0), address: address,
      direction: isDialed ? .outbound : .inbound, target: target)
    self.connection = connection
    try channel.pipeline.syncOperations.addHandlers([link, connection])
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 50_000)).wait()
  }

  var isOpen: Bool { channel.isActive }

  // MARK: Steps

  /// The peer sends bytes; they arrive in one read, or when reading goes on.
  func receive(_ bytes: some Sequence<UInt8>) {
    if incoming.readableBytes < 1 << 20 { incoming.writeBytes(bytes) }
  }

  func advance(by duration: Duration) {
    world.clock.advance(by: duration)
    world.engineLoop.tick()
    world.engine.core.tick()
    world.engine.core.grantTokens(on: world.engineLoop.eventLoop)
    // A refusal is told at a moment of the system's clock.
    world.loop.embedded.advanceTime(to: .now() + .milliseconds(200))
    world.awaitDisk()
  }

  func judge(by pipeline: Pipeline) {
    isPolicyFirst = false
    world.engine.core.replace(pipeline: pipeline)
    connection?.judgeAgain(pipeline)
  }

  /// The artifact goes out of service.
  func takeAway() {
    if isFetched { try? world.fetch(of: artifact).pause(in: world.engine) }
    world.engine.remove(artifact.seeded.facts.id, reason: "it is removed")
  }

  /// The artifact is in service again, or its fetch goes on where it was.
  func bringBack() {
    guard isFetched else { return world.engine.add(artifact.seeded) }
    if swarm == nil { try? world.fetch(of: artifact).begin(in: world.engine) }
  }

  func drain() { connection?.drain(until: world.clock.now + .seconds(5)) }

  /// Lets everything happen that has to, and looks at what came of it.
  func settle() throws {
    repeat {
      deliver()
      repeat {
        world.loop.run()
        guard isDiskBusy else { break }
        world.awaitDisk()
      } while world.loop.run() || isDiskBusy
    } while isOpen && incoming.readableBytes > 0 && connection?.isReadPaused == false
    try look()
  }

  /// Whether the disk's thread has something to do for the connection, or for what is fetched.
  private var isDiskBusy: Bool {
    if let connection, connection.hashRequestsInFlight > 0 || connection.isReadingDisk { return true }
    return swarm?.fetch?.state.withLock { state in
      state.isDraining || state.checking > 0 || state.isCommitting || state.stage == .finishing
    } ?? false
  }

  private var swarm: Swarm? { world.engine.core.swarms[artifact.seeded.facts.id] }

  private func deliver() {
    while isOpen, connection?.isReadPaused == false, let part = incoming.readSlice(length: min(incoming.readableBytes, Self.readSize)),
      part.readableBytes > 0
    {
      channel.pipeline.fireChannelRead(part)
      channel.pipeline.fireChannelReadComplete()
    }
    incoming.discardReadBytes()
  }

  private func look() throws {
    let sent = link.takeSent()
    if let connection {
      // With the words of a guard, which tell nothing of the artifact, it begins before anybody is authorized.
      if sent.readableBytes > 0, connection.direction == .inbound, !connection.wasAuthorized, connection.dialogue == nil {
        throw fault("a stranger is told something")
      }
      if let active = connection.active, active.waiting > queue + 64 { throw fault("\(active.waiting) requests wait, of at most \(queue)") }
      if let names = connection.active?.context.peerMessages.count, names > 256 { throw fault("\(names) names of messages are kept") }
      if let received = connection.received, received.readableBytes > 256 << 10 { throw fault("\(received.readableBytes) bytes are kept") }
    }
    if let state = swarm?.fetch?.state.withLock({ $0 }) {
      if case .failed(let reason) = state.stage { throw fault("the fetch has failed: \(reason)") }
      if state.queuedBytes < 0 || state.queuedBytes > 1 << 20 { throw fault("\(state.queuedBytes) bytes wait to be written") }
    }
    if link.heldBytes > 8 << 20 { throw fault("\(link.heldBytes) bytes wait for a link that takes none") }
    let (grant, layout) = (connection?.active?.context.grant, artifact.layout)
    let found = check.fault(in: sent) { block in !isPolicyFirst || grant?.allows(block, in: layout) ?? true }
    if let found { throw fault(found) }
  }

  // MARK: The end

  /// The peer goes. Nothing of it may remain.
  func end() throws {
    link.letGo()
    try settle()
    _ = try? channel.finish(acceptAlreadyClosed: true)
    world.awaitDisk()
    world.loop.run()
    let core = world.engine.core
    if core.connectionCount > 0 { throw fault("a connection that is gone is counted") }
    if !world.engineLoop.connections.isEmpty { throw fault("a connection that is gone is in the loop's table") }
    if core.swarms[artifact.seeded.facts.id]?.isIdle == false { throw fault("a peer that is gone is in the swarm, or holds it") }
    if connection != nil { throw fault("a connection that is gone is held by something") }
    if !core.hashJobs.isEmpty { throw fault("hash requests are counted that nobody answers") }
    if isFetched { try endFetch() }
  }

  private func endFetch() throws {
    if let swarm, let wrong = world.fetch(of: artifact).fault(in: swarm.have, swarm.reader) { throw fault(wrong) }
    try world.forget(artifact)
  }

  private func fault(_ what: String) -> BrokenPromise { BrokenPromise(target: PeerConnectionTarget.name, what: what) }
}
