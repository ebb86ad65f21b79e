import HTTPClient
import Metainfo
import NIOCore

/// Announces over the network, on every address family that the tracker's host has (BEP 7): a tracker knows us under the address that we
/// come from, so one announce makes us findable for one family only.
package struct NetworkTrackerTransport: TrackerTransport {
  /// How announces are sent.
  package struct Settings: Sendable {
    /// How long a tracker may take to answer.
    package var timeout: Duration = .seconds(60)
    /// How long the other family is waited for once one has answered: long enough for one UDP retransmission.
    package var grace: Duration = .seconds(20)
    package var retransmission = UDPRetransmission(limit: 2)
    /// Whom https trackers are trusted by; nil: they are not spoken to.
    package var security: HTTPSecurity?
    /// Local addresses to send UDP from, at most one a family; any where there is none.
    package var sources: [SocketAddress] = []

    package init() {}
  }

  private let http: HTTPTrackerClient
  private let udp: UDPTrackerClient
  private let resolver: HostResolver
  private let loop: any EventLoop
  private let settings: Settings

  package init(group: any EventLoopGroup, resolver: HostResolver = .shared, settings: Settings = Settings()) {
    http = HTTPTrackerClient(client: HTTPClient(group: group, resolver: resolver, security: settings.security))
    udp = UDPTrackerClient(group: group, sources: settings.sources, retransmission: settings.retransmission)
    (self.resolver, loop, self.settings) = (resolver, group.any(), settings)
  }

  package func close() async { await udp.close() }

  package func announce(_ request: AnnounceRequest, to url: TrackerURL) async throws(TrackerError) -> AnnounceResponse {
    let deadline = NIODeadline.now() + TimeAmount(settings.timeout)
    let trackers = try await addresses(of: url, deadline: deadline)
    guard let first = trackers.first else { throw .unreachable("\(url.host.text) has no address") }
    if trackers.count == 1 { return try await announce(request, to: url, at: first, deadline: deadline) }
    return try await FamilyRace(grace: settings.grace).run(trackers) { (tracker) throws(TrackerError) in
      try await announce(request, to: url, at: tracker, deadline: deadline)
    }
  }

  /// Asks a UDP tracker for the counts of some swarms, over the first address of its host; or an HTTP tracker.
  package func scrape(_ infoHashes: [SHA1Digest], at url: TrackerURL) async throws(TrackerError) -> [SHA1Digest: SwarmCounts] {
    let deadline = NIODeadline.now() + TimeAmount(settings.timeout)
    switch url {
    case .http(let url):
      return try await http.scrape(infoHashes, at: url, deadline: deadline)
    case .udp(let host, _):
      guard let tracker = try await addresses(of: url, deadline: deadline).first else { throw .unreachable("\(host.text) has no address") }
      let infoHashes = Array(infoHashes.prefix(UDPTrackerCodec.maximumScrape))
      guard case .scraped(let counts) = try await udp.send(.scrape(infoHashes), to: tracker, deadline: deadline) else {
        throw .malformed(place: "byte 0", problem: "not the answer to a scrape")
      }
      return Dictionary(zip(infoHashes, counts)) { $1 }
    }
  }

  private func announce(
    _ request: AnnounceRequest, to url: TrackerURL, at tracker: SocketAddress, deadline: NIODeadline
  ) async throws(TrackerError) -> AnnounceResponse {
    switch url {
    case .http(let url):
      let family: AddressFamily = AddressFamily.v6.includes(tracker) ? .v6 : .v4
      return try await http.announce(request, to: url, family: family, deadline: deadline)
    case .udp:
      guard case .announced(let response) = try await udp.send(.announce(request), to: tracker, deadline: deadline) else {
        throw .malformed(place: "byte 0", problem: "not the answer to an announce")
      }
      return response
    }
  }

  /// The first address of each family that the tracker's host has.
  private func addresses(of url: TrackerURL, deadline: NIODeadline) async throws(TrackerError) -> [SocketAddress] {
    let port =
      switch url {
      case .http(let url): url.port
      case .udp(_, let port): port
      }
    let all = try await lookUp(url.host, port: port, deadline: deadline)
    return [AddressFamily.v4, .v6].compactMap { family in all.first(where: family.includes) }
  }

  private func lookUp(_ host: URLHost, port: UInt16, deadline: NIODeadline) async throws(TrackerError) -> [SocketAddress] {
    let promise = loop.makePromise(of: [SocketAddress].self)
    let timeout = loop.scheduleTask(deadline: deadline) { promise.fail(TrackerError.timedOut) }
    promise.futureResult.whenComplete { _ in timeout.cancel() }
    resolver.addresses(of: host, port: port, on: loop).cascade(to: promise)
    do {
      return try await withTaskCancellationHandler {
        try await promise.futureResult.get()
      } onCancel: {
        promise.fail(TrackerError.cancelled)
      }
    } catch {
      throw error as? TrackerError ?? .unreachable("\(error)")
    }
  }
}
