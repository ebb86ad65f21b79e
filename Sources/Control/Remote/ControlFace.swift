import Hummingbird
import Logging
import PluginKit
import ServiceLifecycle
import TLS
import Tracker

/// A node's control interface over TCP: what its socket has, but for what can be done on its machine alone, for those whom the rules of the address let in.
package struct ControlFace: Service {
  private let face: HTTPFace<RouterResponder<ControlContext>>

  /// Somebody who was not let in.
  package struct Refusal: Sendable, Hashable {
    package let address: PluginKit.PeerAddress?
    /// Who it is, as far as that is proven.
    package let caller: ControlCaller?
    package let reason: String
  }

  /// - Parameters:
  ///   - tls: whom links are trusted by now; the closure nil for plain HTTP, its value nil where there is nobody just now.
  ///   - rules: as they are now.
  ///   - refused: told of everybody who is not let in.
  ///   - onReady: told the address once it is open.
  package init(
    address: PluginKit.PeerAddress, node: any NodeControl, tls: (@Sendable () -> TLSEntry?)?, rules: @escaping @Sendable () -> ControlRules,
    refused: @escaping @Sendable (Refusal) -> Void, logger: Logger, onReady: @escaping @Sendable (PluginKit.PeerAddress) -> Void
  ) {
    let gate = CallerMiddleware(isSecure: tls != nil, rules: rules) { refusal, link in
      refused(Refusal(address: link?.remote, caller: refusal.caller, reason: refusal.reason))
    }
    face = HTTPFace(
      Self.name, address: address, responder: ControlRoutes.remote(node, gate).buildResponder(), connections: Self.mostConnections,
      tls: tls, logger: logger, onReady: onReady)
  }

  /// What it is called where its address cannot be had.
  package static let name = "control"
  private static let mostConnections = 64

  /// Throws `FaceListenFailure` where the address cannot be had.
  package func run() async throws { try await face.run() }
}
