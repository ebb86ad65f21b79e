import Hummingbird
import HummingbirdCore
import NIOCore
import PluginKit
import TLS
import Tracker

/// Answers who reads a catalogue.
struct CatalogueResponder: HTTPResponder {
  let publisher: any CataloguePublishing
  let isSecure: Bool
  let keys: @Sendable () -> AnnounceKeys

  func respond(to request: Request, context: FaceContext) async throws -> Response {
    guard request.method == .get else { return Response(status: .methodNotAllowed) }
    guard let link = await FaceLink(context.channel, isSecure: isSecure) else { return Response(status: .notFound) }
    let (key, path) = Self.split(request.head.path?.prefix { $0 != "?" } ?? "")
    guard let reader = reader(link, key), let (published, type) = await answer(path, key, request, reader) else {
      return Response(status: .notFound)
    }
    let headers: HTTPFields = [.contentType: type, .eTag: published.etag, .cacheControl: "no-cache"]
    if matches(request.headers[.ifNoneMatch], published.etag) { return Response(status: .notModified, headers: headers) }
    return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: published.bytes)))
  }

  /// A path in which a key may stand first, and the rest.
  private static func split(_ path: Substring) -> (key: Substring?, rest: String) {
    let first = path.dropFirst().prefix { $0 != "/" }
    guard !first.isEmpty, first.endIndex < path.endIndex, "/\(first)/" != folder else { return (nil, String(path)) }
    return (first, String(path[first.endIndex...]))
  }

  /// Nil for whoever is shown nothing.
  private func reader(_ link: FaceLink, _ key: Substring?) -> CatalogueReader? {
    keys().identities(showing: key.map { Array($0.utf8) }, proven: link.identities).map { identities in
      CatalogueReader(ip: link.remote.ip, port: link.remote.port, identities: identities, certificate: link.certificate)
    }
  }

  private func answer(
    _ path: String, _ key: Substring?, _ request: Request, _ reader: CatalogueReader
  ) async -> (PublishedBytes, type: String)? {
    switch path {
    case "/catalogue":
      return await publisher.catalogue(for: reader).map { ($0, "application/x-granary-catalogue") }
    case "/catalogue.rss":
      guard let base = base(request, key) else { return nil }
      return await publisher.feed(for: reader, base: base).map { ($0, "application/rss+xml; charset=utf-8") }
    default:
      guard path.hasPrefix(Self.folder), path.hasSuffix(Self.suffix), path.utf8.count <= 100 else { return nil }
      let hash = String(path.dropFirst(Self.folder.count).dropLast(Self.suffix.count))
      guard [40, 64].contains(hash.utf8.count), hash.utf8.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) else { return nil }
      return await publisher.torrent(hash.lowercased(), for: reader).map { ($0, "application/x-bittorrent") }
    }
  }

  /// What a feed's links begin with: the host by which the reader knows us. It goes back to that reader alone.
  private func base(_ request: Request, _ key: Substring?) -> String? {
    guard let host = request.head.authority, (1...255).contains(host.utf8.count), host.utf8.allSatisfy(Self.isHostByte) else { return nil }
    return "\(isSecure ? "https" : "http")://\(host)/\(key.map { "\($0)/" } ?? "")"
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
