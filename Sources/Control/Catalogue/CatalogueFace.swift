import Logging
import Metainfo
import PluginKit
import ServiceLifecycle
import TLS
import Tracker

/// Who reads a catalogue, as far as the link tells.
package struct CatalogueReader: Sendable, Hashable {
  package let ip: IPAddress
  package let port: UInt16
  /// What the link's certificate proves, the strongest first; none on a plain link.
  package let identities: [Identity]
  /// The certificate of a TLS link; nil for a plain one.
  package let certificate: CertificateFacts?

  package init(ip: IPAddress, port: UInt16, identities: [Identity] = [], certificate: CertificateFacts? = nil) {
    (self.ip, self.port, self.identities, self.certificate) = (ip, port, identities, certificate)
  }

  package static func == (one: CatalogueReader, other: CatalogueReader) -> Bool {
    one.ip == other.ip && one.identities == other.identities && (one.certificate == nil) == (other.certificate == nil)
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(ip)
    hasher.combine(identities)
  }
}

/// Bytes that are published, with what tells them from others.
package struct PublishedBytes: Sendable, Hashable {
  package let bytes: [UInt8]
  /// An entity tag with its quotation marks.
  package let etag: String

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
    etag = "\"\(SHA256Digest.hash(of: bytes))\""
  }
}

/// What a node publishes. Nil for whoever may not have it, which looks like something that is not there.
package protocol CataloguePublishing: Sendable {
  func catalogue(for reader: CatalogueReader) async -> PublishedBytes?
  /// As RSS; `base` is the URL that torrents are below, with its last slash.
  func feed(for reader: CatalogueReader, base: String) async -> PublishedBytes?
  /// A .torrent by an info-hash in hexadecimal.
  func torrent(_ infoHash: String, for reader: CatalogueReader) async -> PublishedBytes?
}

/// A node's catalogue over HTTP or HTTPS: `/catalogue`, `/catalogue.rss`, and `/torrents/INFO-HASH.torrent`.
package struct CatalogueFace: Service {
  private let face: HTTPFace<CatalogueResponder>

  /// - Parameters:
  ///   - tls: whom links are trusted by now; the closure nil for plain HTTP, its value nil where there is nobody just now.
  ///   - keys: the keys of now; where there are any, nobody sees anything without one, and `/KEY/catalogue` is with it.
  ///   - onReady: told the address once it is open.
  package init(
    address: PluginKit.PeerAddress, publisher: any CataloguePublishing, tls: (@Sendable () -> TLSEntry?)?,
    keys: @escaping @Sendable () -> AnnounceKeys = { AnnounceKeys() }, logger: Logger,
    onReady: @escaping @Sendable (PluginKit.PeerAddress) -> Void
  ) {
    face = HTTPFace(
      "the catalogue", address: address, responder: CatalogueResponder(publisher: publisher, isSecure: tls != nil, keys: keys),
      connections: Self.mostConnections, tls: tls, logger: logger, onReady: onReady)
  }

  private static let mostConnections = 1024

  /// Throws `FaceListenFailure` where the address cannot be had.
  package func run() async throws { try await face.run() }
}
