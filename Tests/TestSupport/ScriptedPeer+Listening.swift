import NIOCore
import NIOPosix
import PluginKit
import Synchronization

/// Takes connections and plays the peers that were dialed.
package final class ScriptedListener: Sendable {
  private let channel: any Channel
  private let accepted: AsyncStream<ScriptedPeer>
  private let acceptance: AsyncStream<ScriptedPeer>.Continuation
  /// How many links were accepted so far.
  package var acceptedCount: Int { count.withLock { $0 } }
  private let count: CountBox

  private final class CountBox: Sendable {
    private let value = Mutex(0)
    func withLock<Result>(_ body: (inout Int) -> Result) -> Result { value.withLock { body(&$0) } }
  }

  /// Listens on loopback.
  package init() async throws {
    let (stream, continuation) = AsyncStream.makeStream(of: ScriptedPeer.self)
    let count = CountBox()
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let inbox = try ScriptedInbox.install(on: channel)
          count.withLock { $0 += 1 }
          continuation.yield(ScriptedPeer(channel: channel, inbox: inbox))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    (accepted, acceptance, self.count) = (stream, continuation, count)
  }

  /// The address to dial.
  package var address: PeerAddress {
    get throws {
      guard let port = channel.localAddress?.port, let ip = IPAddress("127.0.0.1") else {
        throw ScriptedPeerFailure(description: "the listener has no address")
      }
      return PeerAddress(ip: ip, port: UInt16(port))
    }
  }

  /// The next peer that dials us.
  package func accept() async throws -> ScriptedPeer {
    // What never comes must not be waited for without end.
    let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(ScriptedPeer.patience)) { [acceptance] in acceptance.finish() }
    defer { deadline.cancel() }
    for await peer in accepted { return peer }
    throw ScriptedPeerFailure(description: "nobody dialed within \(ScriptedPeer.patience)")
  }

  package func close() async throws { try? await channel.close() }
}
