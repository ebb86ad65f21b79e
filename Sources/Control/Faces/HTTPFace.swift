import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import PluginKit
import TLS
import Tracker

/// What a node serves over HTTP or HTTPS at one address, apart from its control socket: heads of bounded length, so many connections and no more.
struct HTTPFace<Responder: HTTPResponder>
where Responder.Context: RequestContext & InitializableFromSource<ApplicationRequestContextSource> {
  private let what: String
  private let address: PluginKit.PeerAddress
  private let application: Application<Responder>

  /// - Parameters:
  ///   - what: what it is called where its address cannot be had, as "the tracker".
  ///   - tls: whom links are trusted by now; the closure nil for plain HTTP, its value nil where there is nobody just now.
  ///   - quick: the body for a target that can be answered at once on the connection's loop; nil from it where the responder has to.
  ///   - onReady: told the address once it is open.
  init(
    _ what: String, address: PluginKit.PeerAddress, responder: Responder, connections: Int, tls: (@Sendable () -> TLSEntry?)?,
    quick: QuickLane.Answer? = nil, logger: Logger, onReady: @escaping @Sendable (PluginKit.PeerAddress) -> Void
  ) {
    (self.what, self.address) = (what, address)
    let http = HTTP1Channel.Configuration(
      idleTimeout: .seconds(60),
      httpDecoderConfiguration: .init(maxHeaderFieldSize: longestHead, maxHeaderListSize: longestHead, maxHeaderFieldCount: 64))
    application = Application(
      responder: responder,
      server: HTTPServerBuilder { responder in
        FaceChannel(base: HTTP1Channel(responder: responder, configuration: http), entry: tls, quick: quick)
      },
      configuration: ApplicationConfiguration(
        address: .hostname(address.ip.description, port: Int(address.port)), serverName: nil,
        availableConnectionsDelegate: MaximumAvailableConnections(connections)),
      onServerRunning: { channel in
        if let local = channel.localAddress.flatMap(PluginKit.PeerAddress.init(socket:)) { onReady(local) }
      },
      logger: logger)
  }

  /// Throws `FaceListenFailure` where the address cannot be had.
  func run() async throws {
    do {
      try await application.run()
    } catch let error as IOError {
      throw FaceListenFailure(what, address: address, reason: String(cString: strerror(error.errnoCode)))
    }
  }
}

/// Bytes of a request's head.
private let longestHead = 16 << 10

/// An address that something of a node's cannot listen on.
package struct FaceListenFailure: Error, Sendable, CustomStringConvertible {
  /// What was to listen there, as "the tracker".
  package let what: String
  package let address: PluginKit.PeerAddress
  package let reason: String
  package var description: String { "\(what) cannot listen on \(address): \(reason)" }

  package init(_ what: String, address: PluginKit.PeerAddress, reason: String) {
    (self.what, self.address, self.reason) = (what, address, reason)
  }
}

/// A request with its channel, which knows who asks.
struct FaceContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    channel = source.channel
  }
}
