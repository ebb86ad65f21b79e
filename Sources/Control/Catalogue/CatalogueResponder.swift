import Hummingbird
import HummingbirdCore
import NIOCore
import OpenSSL
import PluginKit
import TLS
import Tracker

/// Answers who reads a catalogue.
struct CatalogueResponder: HTTPResponder {
  let publisher: any CataloguePublishing
  let scheme: String

  func respond(to request: Request, context: TrackerContext) async throws -> Response {
    guard request.method == .get else { return Response(status: .methodNotAllowed) }
    guard let reader = await CatalogueReader(context.channel) else { return Response(status: .notFound) }
    let path = request.head.path?.prefix { $0 != "?" } ?? ""
    guard let (published, type) = await answer(String(path), request, reader) else { return Response(status: .notFound) }
    let headers: HTTPFields = [.contentType: type, .eTag: published.etag, .cacheControl: "no-cache"]
    if matches(request.headers[.ifNoneMatch], published.etag) { return Response(status: .notModified, headers: headers) }
    return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: published.bytes)))
  }

  private func answer(_ path: String, _ request: Request, _ reader: CatalogueReader) async -> (PublishedBytes, type: String)? {
    switch path {
    case "/catalogue":
      return await publisher.catalogue(for: reader).map { ($0, "application/x-granary-catalogue") }
    case "/catalogue.rss":
      guard let base = base(request) else { return nil }
      return await publisher.feed(for: reader, base: base).map { ($0, "application/rss+xml; charset=utf-8") }
    default:
      guard path.hasPrefix(Self.folder), path.hasSuffix(Self.suffix), path.utf8.count <= 100 else { return nil }
      let hash = String(path.dropFirst(Self.folder.count).dropLast(Self.suffix.count))
      guard [40, 64].contains(hash.utf8.count), hash.utf8.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) else { return nil }
      return await publisher.torrent(hash.lowercased(), for: reader).map { ($0, "application/x-bittorrent") }
    }
  }

  /// What a feed's links begin with: the host by which the reader knows us. It goes back to that reader alone.
  private func base(_ request: Request) -> String? {
    guard let host = request.head.authority, (1...255).contains(host.utf8.count), host.utf8.allSatisfy(Self.isHostByte) else { return nil }
    return "\(scheme)://\(host)/"
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default:
      [UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]")].contains(byte)
    }
  }

  /// RFC 9110, section 13.1.2.
  private func matches(_ field: String?, _ etag: String) -> Bool {
    guard let field else { return false }
    return field.split(separator: ",").map { $0.drop { $0 == " " } }.contains { tag in
      tag == "*" || (tag.hasPrefix("W/") ? tag.dropFirst(2) : tag) == etag[...]
    }
  }

  private static let folder = "/torrents/"
  private static let suffix = ".torrent"
}

extension CatalogueReader {
  /// Nil where the link is over, or its certificate is not known.
  fileprivate init?(_ channel: any Channel) async {
    guard let remote = channel.remoteAddress.flatMap(PluginKit.PeerAddress.init(socket:)) else { return nil }
    guard let holder = try? await channel.pipeline.handler(type: SecureLinkHolder.self).get() else {
      self.init(ip: remote.ip, port: remote.port)
      return
    }
    guard let link = holder.link else { return nil }
    let certificate = link.certificate
    let (nanoseconds, overflow) = link.validUntil.multipliedReportingOverflow(by: 1_000_000_000)
    self.init(
      ip: remote.ip, port: remote.port,
      identities: Identity.list(
        trust: link.entry.name, uris: certificate.uris, dnsNames: certificate.dnsNames, commonNames: certificate.commonNames,
        spkiSHA256: certificate.spkiSHA256),
      certificate: CertificateFacts(
        trust: link.entry.name, subject: certificate.subject, serial: certificate.serial, issuers: link.chain.dropFirst().map(\.subject),
        validUntil: WallTime(nanoseconds: overflow ? .max : nanoseconds), exporter: link.exporter))
  }
}
