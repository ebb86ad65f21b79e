import Logging
import NIOCore
import NIOPosix
import PluginKit
import Synchronization
import TLS

/// Accepts peers under the caps and gives each its handler.
struct Listener: Sendable {
  let core: EngineCore
  let group: any EventLoopGroup

  /// Listens on a socket, which is the channel's from now on.
  func listen(_ socket: ListeningSocket, _ security: ListenSecurity) async throws -> any Channel {
    let core = core
    return try await ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 4096)
      .serverChannelOption(.maxMessagesPerRead, value: 64)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20))
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try Self.accept(channel, core, security) }
      }
      .withBoundSocket(socket.descriptor).get()
  }

  /// A throw closes the connection before it has cost anything.
  private static func accept(_ channel: any Channel, _ core: EngineCore, _ security: ListenSecurity) throws {
    guard let address = PeerAddress(channel.remoteAddress), let handle = core.handle(of: channel.eventLoop) else {
      throw ChannelError.unknownLocalAddress
    }
    // Accepted in the moment in which the listener closes: nobody would end it.
    guard !core.isDraining.load(ordering: .relaxed) else { throw ChannelError.eof }
    do {
      try core.beginConnection(address.ip, .inbound)
    } catch {
      journal(core, address, operation: "limit", plugin: "engine", error.reason)
      throw error
    }
    let loop = handle.bound.value
    let number = core.numbers.number(onLoop: loop.index)
    let connection = PeerConnection(
      core: core, loop: loop, number: number, address: address, direction: .inbound, isSecure: security != .plain)
    do {
      connection.receiving = try LoopReceiver.install(on: channel, loop.receiving)
      if security != .plain { try secure(channel, loop, security, address) }
      try channel.pipeline.syncOperations.addHandler(connection)
    } catch {
      core.endConnection(address.ip, .inbound)
      throw error
    }
  }

  private static func secure(_ channel: any Channel, _ loop: EngineLoop, _ security: ListenSecurity, _ address: PeerAddress) throws {
    guard let role = loop.core.links.role(security, loop.core.swarms) else {
      journal(loop.core, address, operation: Operation.connect.rawValue, plugin: "tls", "there is no certificate for this listener")
      throw ChannelError.eof
    }
    try channel.pipeline.syncOperations.addHandler(TLSHandler(role: role, loop: loop.tls, now: loop.core.clock.seconds))
  }

  private static func journal(_ core: EngineCore, _ address: PeerAddress, operation: String, plugin: String, _ reason: String) {
    core.journal.record(
      JournalRecord(
        at: core.clock.wall(), principal: address.ip.description, address: address, operation: operation, verdict: "deny", plugin: plugin,
        reason: reason, generation: core.pipeline.generation))
  }
}
