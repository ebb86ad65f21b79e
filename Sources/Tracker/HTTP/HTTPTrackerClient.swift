import HTTPClient
import Metainfo
import NIOCore
import PluginKit

/// Announces to and scrapes HTTP trackers (BEP 3, 7, 23, 48).
package struct HTTPTrackerClient: Sendable {
  /// A thousand peers in the long form fit.
  private static let limits = HTTPLimits(body: 512 << 10, head: 16 << 10, redirects: 3)

  private let client: HTTPClient

  package init(client: HTTPClient) {
    self.client = client
  }

  /// Announces to a URL over the addresses of a family. Throws `TrackerError`.
  package func announce(
    _ request: AnnounceRequest, to url: HTTPURL, family: AddressFamily = .any, deadline: NIODeadline
  ) async throws(TrackerError) -> AnnounceResponse {
    try AnnounceResponse(http: try await get(url.appending(query: request.query(over: family.one)), family: family, deadline: deadline))
  }

  /// Asks for the counts of some swarms by the announce URL. Throws `unsupported` where that has no scrape URL.
  package func scrape(
    _ infoHashes: [SHA1Digest], at url: HTTPURL, deadline: NIODeadline
  ) async throws(TrackerError) -> [SHA1Digest: SwarmCounts] {
    guard let url = url.scraping(infoHashes) else { throw .unsupported("the tracker's URL does not end in announce, so it has no scrape") }
    return try ScrapeBody.decode(try await get(url, family: .any, deadline: deadline))
  }

  private func get(_ url: HTTPURL, family: AddressFamily, deadline: NIODeadline) async throws(TrackerError) -> [UInt8] {
    let response: HTTPResponse
    do {
      response = try await client.get(url, limits: Self.limits, family: family, deadline: deadline)
    } catch {
      throw TrackerError(error)
    }
    guard response.status != 200 else { return response.bytes }
    // Some trackers send their failure reason with a status of its own; the reason says more.
    if case .refused(let reason, let retry) = Self.failure(in: response.bytes) { throw .refused(reason: reason, retry: retry) }
    throw .badStatus(response.status)
  }

  private static func failure(in body: [UInt8]) -> TrackerError? {
    do {
      _ = try TrackerBody(body)
      return nil
    } catch {
      return error
    }
  }
}

extension AddressFamily {
  /// The family where it is one.
  fileprivate var one: IPAddress.Family? {
    switch self {
    case .any: nil
    case .v4: .v4
    case .v6: .v6
    }
  }
}

extension TrackerError {
  init(_ error: HTTPClientError) {
    switch error {
    case .timedOut: self = .timedOut
    case .cancelled: self = .cancelled
    case .tlsUnavailable: self = .unsupported(error.description)
    case .malformed, .headTooLarge, .bodyTooLarge, .unsupportedEncoding: self = .malformed(place: "HTTP", problem: error.description)
    case .cannotConnect, .tlsFailed, .closedEarly, .tooManyRedirects, .redirectRefused, .unexpectedStatus:
      self = .unreachable(error.description)
    }
  }
}
