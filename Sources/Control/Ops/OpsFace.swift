import Logging
import PluginKit
import ServiceLifecycle
import TLS
import Tracker

/// What a node tells of itself over HTTP or HTTPS: `/healthz`, `/readyz`, `/metrics`, and a page.
package struct OpsFace: Service {
  private let face: HTTPFace<OpsResponder>

  /// - Parameters:
  ///   - tls: whom links are trusted by now; the closure nil for plain HTTP, its value nil where there is nobody just now.
  ///   - pages: asked for everything else, where the rules say that there is a page.
  ///   - rules: as they are now.
  ///   - onReady: told the address once it is open.
  package init(
    address: PluginKit.PeerAddress, source: any OpsSource, pages: (any OpsPages)? = nil, tls: (@Sendable () -> TLSEntry?)?,
    rules: @escaping @Sendable () -> OpsRules, logger: Logger, onReady: @escaping @Sendable (PluginKit.PeerAddress) -> Void
  ) {
    face = HTTPFace(
      Self.name, address: address, responder: OpsResponder(isSecure: tls != nil, source: source, pages: pages, rules: rules),
      connections: Self.mostConnections, tls: tls, logger: logger, onReady: onReady)
  }

  /// What it is called where its address cannot be had.
  package static let name = "http"
  private static let mostConnections = 128

  /// Throws `FaceListenFailure` where the address cannot be had.
  package func run() async throws { try await face.run() }
}
