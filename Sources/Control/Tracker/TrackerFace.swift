import Logging
import PluginKit
import ServiceLifecycle
import TLS
import Tracker

/// The embedded tracker over HTTP or HTTPS.
package struct TrackerFace: Service {
  private let face: HTTPFace<TrackerResponder>

  /// - Parameters:
  ///   - tls: whom links are trusted by now; the closure nil for plain HTTP, its value nil where there is nobody just now.
  ///   - keys: the announce keys of now; where there are any, an announce without one is told nothing.
  ///   - onReady: told the address once it is open.
  package init(
    address: PeerAddress, tracker: EmbeddedTracker, tls: (@Sendable () -> TLSEntry?)? = nil, keys: @escaping @Sendable () -> AnnounceKeys,
    logger: Logger, onReady: @escaping @Sendable (PeerAddress) -> Void
  ) {
    let responder = TrackerResponder(tracker: tracker, isSecure: tls != nil, keys: keys)
    face = HTTPFace(
      Self.name, address: address, responder: responder, connections: Self.mostConnections, tls: tls,
      quick: { responder.answerNow($0, over: $1) }, logger: logger, onReady: onReady)
  }

  /// What it is called where its address cannot be had.
  package static let name = "the tracker"
  private static let mostConnections = 4096

  /// Throws `FaceListenFailure` where the address cannot be had.
  package func run() async throws { try await face.run() }
}
