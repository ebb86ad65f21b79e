import NIOCore
import NIOEmbedded
import TLS
import TestSupport

/// Two channels without sockets on one loop, each with a TLS handler; what one writes is carried to the other by hand.
final class EmbeddedPair {
  /// One channel.
  final class Side {
    let channel: EmbeddedChannel
    let end: LinkEnd
    let handler: TLSHandler
    let socket = SocketCounter()
    /// What it has written, a buffer for each write.
    private(set) var written: [ByteBuffer] = []

    init(_ role: TLSRole, _ loop: TLSLoop, on eventLoop: EmbeddedEventLoop, now: Int64, _ end: LinkEnd) throws {
      self.end = end
      handler = try TLSHandler(role: role, loop: loop) { now }
      channel = EmbeddedChannel(handlers: [socket, handler, end], loop: eventLoop)
    }

    func connect() throws { try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait() }

    /// What it has written since the last look.
    func take() throws -> [ByteBuffer] {
      var new: [ByteBuffer] = []
      while let buffer = try channel.readOutbound(as: ByteBuffer.self) { new.append(buffer) }
      written += new
      return new
    }

    /// Sends plaintext, one write for each part, one flush.
    func send(_ parts: [[UInt8]]) -> [EventLoopFuture<Void>] {
      let sent = parts.map { channel.write(ByteBuffer(bytes: $0)) }
      channel.flush()
      return sent
    }
  }

  let eventLoop = EmbeddedEventLoop()
  let client: Side
  let server: Side

  init(
    client: TLSRole, server: TLSRole, now: Int64, clientEnd: LinkEnd = LinkEnd(), serverEnd: LinkEnd = LinkEnd()
  ) throws {
    let loop = TLSLoop(eventLoop: eventLoop)
    self.client = try Side(client, loop, on: eventLoop, now: now, clientEnd)
    self.server = try Side(server, loop, on: eventLoop, now: now, serverEnd)
    try self.server.connect()
    try self.client.connect()
  }

  /// A pair of two members of a fleet.
  convenience init(_ rig: LinkRig, clientEnd: LinkEnd = LinkEnd(), serverEnd: LinkEnd = LinkEnd()) throws {
    try self.init(
      client: .client(rig.client, serverName: nil), server: .server(rig.server), now: rig.authority.now, clientEnd: clientEnd,
      serverEnd: serverEnd)
  }

  /// Lets the loop run, and carries what is written, until nothing more is, refusals that take their time included.
  func run() throws {
    var pause = TimeAmount.milliseconds(1)
    while true {
      eventLoop.advanceTime(by: pause)
      let (toServer, toClient) = (try client.take(), try server.take())
      if toServer.isEmpty, toClient.isEmpty {
        guard pause < RefusalDelay.step else { break }
        pause = RefusalDelay.step * 2
        continue
      }
      pause = .milliseconds(1)
      try carry(toServer, to: server)
      try carry(toClient, to: client)
    }
    for (one, other) in [(client, server), (server, client)] where !one.channel.isActive && other.channel.isActive {
      try other.channel.close().wait()
    }
    // Channels let go of their handlers in the turn after they have closed.
    eventLoop.run()
  }

  private func carry(_ buffers: [ByteBuffer], to side: Side) throws {
    for buffer in buffers where side.channel.isActive { try side.channel.writeInbound(buffer) }
  }
}
