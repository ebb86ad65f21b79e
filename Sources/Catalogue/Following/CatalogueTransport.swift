package import HTTPClient
package import NIOCore
internal import Synchronization

/// What a server says of a catalogue.
package enum CatalogueAnswer: Sendable {
  /// It is the one that we have.
  case unchanged
  case bytes([UInt8], etag: String?)
}

/// How catalogues and torrents are read from their servers.
package protocol CatalogueTransport: Sendable {
  /// Throws a reason that a person can read.
  func catalogue(_ url: HTTPURL, etag: String?) async throws -> CatalogueAnswer
  func torrent(_ url: HTTPURL) async throws -> [UInt8]
}

/// Over HTTP and HTTPS. Redirects are followed to the server that was asked, and to no other: the operator has named that one. Connections are kept
/// for a while: to ask whether there is anything new costs a server less than a TLS handshake.
package final class HTTPCatalogueTransport: CatalogueTransport {
  /// A server that does not answer as it should.
  package struct Problem: Error, CustomStringConvertible {
    package let description: String
  }

  private struct Kept {
    let session: HTTPSession
    let since: NIODeadline
  }

  private let group: any EventLoopGroup
  private let security: HTTPSecurity?
  private let patience: TimeAmount
  private let sessions = Mutex<[String: Kept]>([:])
  /// Links are made anew after this: certificates and lists of revocations may be others by then.
  private static let longestKept = TimeAmount.seconds(60)

  package init(group: any EventLoopGroup, security: HTTPSecurity?, patience: TimeAmount = .seconds(60)) {
    (self.group, self.security, self.patience) = (group, security, patience)
  }

  package func catalogue(_ url: HTTPURL, etag: String?) async throws -> CatalogueAnswer {
    var fields: HTTPFields = ["Accept": "application/x-granary-catalogue"]
    if let etag { fields.add(name: "If-None-Match", value: etag) }
    let response = try await get(url, fields, limit: CatalogueLimits.bytes)
    switch response.status {
    case 200: return .bytes(response.bytes, etag: response.fields["ETag"].flatMap(Self.checked))
    case 304 where etag != nil: return .unchanged
    default: throw Problem(description: "the server answered with status \(response.status)")
    }
  }

  package func torrent(_ url: HTTPURL) async throws -> [UInt8] {
    let response = try await get(url, HTTPFields(), limit: CatalogueLimits.torrent)
    guard response.status == 200 else { throw Problem(description: "the server answered with status \(response.status)") }
    return response.bytes
  }

  private func get(_ url: HTTPURL, _ fields: HTTPFields, limit: Int) async throws -> HTTPResponse {
    try await session(of: url).get(url, headers: fields, limits: HTTPLimits(body: limit), deadline: .now() + patience)
  }

  private func session(of url: HTTPURL) -> HTTPSession {
    let server = "\(url.scheme.rawValue)://\(url.authority)"
    return sessions.withLock { sessions in
      if let known = sessions[server], .now() - known.since < Self.longestKept { return known.session }
      let session = HTTPSession(group: group, security: security, stall: patience) { next in
        next.host == url.host && next.port == url.port && next.scheme == url.scheme
      }
      sessions[server] = Kept(session: session, since: .now())
      return session
    }
  }

  /// An entity tag that can be sent back: of visible characters, and not too long (RFC 9110, section 8.8.3).
  private static func checked(_ etag: String) -> String? {
    (2...128).contains(etag.utf8.count) && etag.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? etag : nil
  }
}
