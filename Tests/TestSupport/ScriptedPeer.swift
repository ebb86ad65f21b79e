import Metainfo
import NIOCore
import NIOPosix
import PeerProtocol
import PluginKit
import Synchronization

/// A peer that a test plays by hand over a real socket, with the protocol's codec in the opposite direction.
///
/// Everything that is awaited has a deadline: what does not come is a failure that says what came instead, and never a test that hangs.
package final class ScriptedPeer: Sendable {
  /// How long is waited for anything.
  package static let patience = Duration.seconds(60)

  private let channel: any Channel
  private let inbox: NIOLoopBound<ScriptedInbox>

  /// Our own address, as the other side sees it; nil where the link was gone before it could be asked for.
  package let address: PeerAddress?

  init(channel: any Channel, inbox: NIOLoopBound<ScriptedInbox>) {
    (self.channel, self.inbox) = (channel, inbox)
    let (ip, port) = (channel.localAddress?.ipAddress.flatMap(IPAddress.init(_:)), channel.localAddress?.port)
    address = ip.flatMap { ip in port.map { PeerAddress(ip: ip, port: UInt16($0)) } }
  }

  /// Dials an address, from another address of the loopback network where one is given.
  package static func dial(_ address: PeerAddress, from source: String? = nil) async throws -> ScriptedPeer {
    let inbox = Mutex<NIOLoopBound<ScriptedInbox>?>(nil)
    var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connectTimeout(TimeAmount(patience))
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
    if let source { bootstrap = bootstrap.bind(to: try SocketAddress(ipAddress: source, port: 0)) }
    let channel = try await bootstrap.channelInitializer { channel in
      channel.eventLoop.makeCompletedFuture {
        let made = try ScriptedInbox.install(on: channel)
        inbox.withLock { $0 = made }
      }
    }.connect(host: address.ip.description, port: Int(address.port)).get()
    guard let inbox = inbox.withLock({ $0 }) else { throw ScriptedPeerFailure(description: "the channel was not set up") }
    return ScriptedPeer(channel: channel, inbox: inbox)
  }

  // MARK: Out

  /// Sends bytes as they are.
  package func send(bytes: some Sequence<UInt8>) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

  /// Sends messages in one write.
  package func send(_ messages: PeerMessage...) async throws { try await send(bytes: Self.encoded(messages)) }

  /// Sends messages byte by byte, each in a write of its own.
  package func drip(_ messages: PeerMessage...) async throws {
    for byte in Self.encoded(messages) { try await send(bytes: [byte]) }
  }

  /// Sends an extended handshake.
  package func send(_ handshake: ExtendedHandshake) async throws {
    try await send(.extended(id: 0, ByteBuffer(bytes: handshake.encoded())))
  }

  /// The bytes of messages.
  package static func encoded(_ messages: [PeerMessage]) -> [UInt8] {
    var buffer = ByteBuffer()
    for message in messages { PeerMessageEncoder.encode(message, into: &buffer) }
    return Array(buffer.readableBytesView)
  }

  /// The bytes of a handshake.
  package static func handshake(
    _ infoHash: SHA1Digest, reserved: ReservedBits = .ours(v2: false), peerID: PeerID = peerID
  ) -> [UInt8] {
    var buffer = ByteBuffer()
    Handshake(reserved: reserved, infoHash: infoHash, peerID: peerID).encode(into: &buffer)
    return Array(buffer.readableBytesView)
  }

  /// The peer id of scripted peers.
  package static let peerID: PeerID = {
    var generator = SeededGenerator(seed: 77)
    return PeerID.random(prefix: "-SP0001-", using: &generator)
  }()

  // MARK: In

  /// The next message; keep-alives too.
  package func next() async throws -> PeerMessage { try await take("a message") { $0.popMessage() } }

  /// The next message for which the closure has a value; what comes before it is dropped.
  package func next<Value: Sendable>(
    _ what: String = "a message of the kind wanted", _ body: @escaping @Sendable (PeerMessage) -> Value?
  ) async throws -> Value {
    try await take(what) { inbox in
      while let message = inbox.popMessage() {
        if let value = body(message) { return value }
      }
      return nil
    }
  }

  /// Drops messages up to this one.
  package func wait(for message: PeerMessage) async throws { try await next("\(message)") { $0 == message ? () : nil } }

  /// The other side's handshake.
  package func nextHandshake() async throws -> Handshake { try await take("a handshake") { $0.handshake } }

  /// Waits for the end of the link; what came before it and was not taken.
  @discardableResult
  package func end() async throws -> [PeerMessage] {
    try await take("the end of the link", untilEnd: true) { $0.isClosed ? $0.popAll() : nil }
  }

  /// All bytes that came so far.
  package func receivedBytes() async throws -> Int {
    try await channel.eventLoop.submit { [inbox] in inbox.value.byteCount }.get()
  }

  /// Reads nothing more, so that the other side's link fills up.
  package func stopReading() async throws { try await channel.setOption(.autoRead, value: false).get() }
  /// Reads again.
  package func resumeReading() async throws { try await channel.setOption(.autoRead, value: true).get() }

  /// Ends the link from our side.
  package func close() async throws { try? await channel.close() }

  private func take<Value: Sendable>(
    _ what: String, untilEnd: Bool = false, _ body: @escaping @Sendable (ScriptedInbox) -> Value?
  ) async throws -> Value {
    try await channel.eventLoop.flatSubmit { [inbox] in inbox.value.take(what, untilEnd: untilEnd, body) }.get()
  }
}

/// What a scripted peer waited for did not come.
package struct ScriptedPeerFailure: Error, CustomStringConvertible {
  package let description: String

  package init(description: String) {
    self.description = description
  }
}
