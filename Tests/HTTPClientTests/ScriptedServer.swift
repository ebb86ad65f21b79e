import NIOCore
import NIOPosix
import Synchronization

/// A server on loopback that reads each connection's request and then does exactly what the script says, byte for byte.
final class ScriptedServer: Sendable {
  /// What the server does next.
  enum Act: Sendable {
    case send(String)
    /// One byte a write.
    case drip(String)
    case close
  }

  fileprivate let channel: any Channel
  private let seen: SeenRequests

  fileprivate init(channel: any Channel, seen: SeenRequests) {
    (self.channel, self.seen) = (channel, seen)
  }

  var port: Int { channel.localAddress?.port ?? 0 }
  /// The requests so far, as they came.
  var requests: [String] { seen.list.withLock { $0 } }
  /// How many connections there were.
  var connections: Int { seen.connections.load(ordering: .relaxed) }
  /// How many of the connections that brought a request have been closed.
  func waitForClosedConnection() async throws { try await seen.closed.futureResult.get() }
}

/// What a server does with each whole request (head and the body it announces).
struct Script: Sendable {
  let acts: @Sendable (String) -> [ScriptedServer.Act]

  init(_ acts: @escaping @Sendable (String) -> [ScriptedServer.Act]) {
    self.acts = acts
  }

  /// Runs the body with a server that follows the script, on a port of its own where no address is given.
  func run<Result: Sendable>(at address: SocketAddress? = nil, _ body: (ScriptedServer) async throws -> Result) async throws -> Result {
    let seen = SeenRequests()
    let bootstrap = ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup).childChannelInitializer { channel in
      channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.addHandler(ScriptedHandler(script: acts, seen: seen))
      }
    }
    let loopback = try SocketAddress(ipAddress: "127.0.0.1", port: 0)
    let server = ScriptedServer(channel: try await bootstrap.bind(to: address ?? loopback).get(), seen: seen)
    do {
      let result = try await body(server)
      try await server.channel.close()
      return result
    } catch {
      try? await server.channel.close()
      throw error
    }
  }
}

final class SeenRequests: Sendable {
  let list = Mutex<[String]>([])
  let connections = Atomic(0)
  let closed = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: Void.self)

  deinit { closed.succeed() }
}

private final class ScriptedHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let script: @Sendable (String) -> [ScriptedServer.Act]
  private let seen: SeenRequests
  private var text = ""

  init(script: @escaping @Sendable (String) -> [ScriptedServer.Act], seen: SeenRequests) {
    (self.script, self.seen) = (script, seen)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    text += String(buffer: unwrapInboundIn(data))
    guard let request = wholeRequest() else { return }
    text = ""
    seen.list.withLock { $0.append(request) }
    for act in script(request) { perform(act, context) }
  }

  func channelActive(context: ChannelHandlerContext) { seen.connections.add(1, ordering: .relaxed) }

  func channelInactive(context: ChannelHandlerContext) { seen.closed.succeed() }

  private func wholeRequest() -> String? {
    guard let end = text.range(of: "\r\n\r\n") else { return nil }
    let length = text[..<end.lowerBound].split(separator: "\r\n").compactMap { line in
      line.lowercased().hasPrefix("content-length: ") ? Int(line.dropFirst(16)) : nil
    }
    return text[end.upperBound...].utf8.count >= (length.first ?? 0) ? text : nil
  }

  private func perform(_ act: ScriptedServer.Act, _ context: ChannelHandlerContext) {
    switch act {
    case .send(let text):
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    case .drip(let text):
      for byte in text.utf8 { context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: [byte])), promise: nil) }
    case .close:
      context.close(promise: nil)
    }
  }
}

extension StringProtocol {
  /// Where a text stands in this one.
  func range(of text: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return start..<(index(start, offsetBy: text.count, limitedBy: endIndex) ?? endIndex) }
      start = index(after: start)
    }
    return nil
  }
}
