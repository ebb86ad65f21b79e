import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import PluginKit
import ServiceLifecycle
import Tracker

/// The embedded tracker over plain HTTP.
package struct TrackerFace: Service {
  private let address: PluginKit.PeerAddress
  private let application: Application<TrackerResponder>

  /// - Parameters:
  ///   - keys: the announce keys of now; where there are any, an announce without one is told nothing.
  ///   - onReady: told the address once it is open.
  package init(
    address: PluginKit.PeerAddress, tracker: EmbeddedTracker, keys: @escaping @Sendable () -> AnnounceKeys, logger: Logger,
    onReady: @escaping @Sendable (PluginKit.PeerAddress) -> Void
  ) {
    self.address = address
    application = Application(
      responder: TrackerResponder(tracker: tracker, keys: keys),
      server: .http1(
        configuration: .init(
          idleTimeout: .seconds(Self.idleTime),
          httpDecoderConfiguration: .init(
            maxHeaderFieldSize: Self.longestHead, maxHeaderListSize: Self.longestHead, maxHeaderFieldCount: 64))
      ),
      configuration: ApplicationConfiguration(
        address: .hostname(address.ip.description, port: Int(address.port)), serverName: nil,
        availableConnectionsDelegate: MaximumAvailableConnections(Self.mostConnections)),
      onServerRunning: { channel in
        if let local = channel.localAddress.flatMap(Endpoint.init(socket:)) { onReady(local) }
      },
      logger: logger)
  }

  /// Throws `TrackerListenFailure` where the address cannot be had.
  package func run() async throws {
    do {
      try await application.run()
    } catch let error as IOError {
      throw TrackerListenFailure(address: address, reason: String(cString: strerror(error.errnoCode)))
    }
  }

  private static let idleTime: Int64 = 60
  private static let longestHead = 16 << 10
  private static let mostConnections = 4096
}

/// An address that the tracker cannot listen on.
package struct TrackerListenFailure: Error, Sendable, CustomStringConvertible {
  package let address: PluginKit.PeerAddress
  package let reason: String
  package var description: String { "the tracker cannot listen on \(address): \(reason)" }

  package init(address: PluginKit.PeerAddress, reason: String) {
    (self.address, self.reason) = (address, reason)
  }
}

/// A request with its channel, which knows who asks.
struct TrackerContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    channel = source.channel
  }
}

/// Announces and scrapes: no routes, no middleware, since there are so many of them.
struct TrackerResponder: HTTPResponder {
  let tracker: EmbeddedTracker
  let keys: @Sendable () -> AnnounceKeys

  func respond(to request: Request, context: TrackerContext) async throws -> Response {
    guard request.method == .get else { return Response(status: .methodNotAllowed) }
    do throws(TrackerTarget.Problem) {
      let target = try TrackerTarget((request.head.path ?? "").utf8)
      return respond(await answer(target, from: asker(context.channel, key: target.key)))
    } catch {
      switch error {
      case .notFound: return Response(status: .notFound)
      case .malformed(let reason): return respond(TrackerReplyBody.failure(reason))
      }
    }
  }

  private func answer(_ target: TrackerTarget, from asker: TrackerAsker?) async -> [UInt8] {
    guard let asker else { return TrackerReplyBody.failure(TrackerOutcome.refusal) }
    switch target.question {
    case .announce(let announce, let form): return TrackerReplyBody.encode(await tracker.announce(announce, from: asker), form: form)
    case .scrape(let infoHashes): return TrackerReplyBody.encode(await tracker.scrape(infoHashes, from: asker))
    }
  }

  /// Nil for whoever is told nothing: a key that is wrong, or lacks where there are keys.
  private func asker(_ channel: any Channel, key: [UInt8]?) -> TrackerAsker? {
    guard let remote = channel.remoteAddress.flatMap(Endpoint.init(socket:)) else { return nil }
    let local = channel.localAddress.flatMap(Endpoint.init(socket:))?.ip
    let keys = keys()
    guard key != nil || !keys.isEmpty else { return TrackerAsker(ip: remote.ip, local: local) }
    guard let key, let identity = keys.identity(of: key) else { return nil }
    return TrackerAsker(ip: remote.ip, local: local, identities: [identity])
  }

  private func respond(_ body: [UInt8]) -> Response {
    Response(status: .ok, headers: [.contentType: "text/plain"], body: .init(byteBuffer: ByteBuffer(bytes: body)))
  }
}
