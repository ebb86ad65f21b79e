import HTTPClient
import NIOCore
import NIOPosix
import Testing
import Tracker

@Suite struct NetworkTrackerTransportTests {
  /// A resolver that knows these addresses for every name.
  private func resolver(_ addresses: [String]) -> HostResolver {
    HostResolver(threads: 1) { (host) throws(HostLookupError) in
      if addresses.isEmpty { throw HostLookupError(host: host, reason: "unknown") }
      return addresses.compactMap { try? SocketAddress(ipAddress: $0, port: 0) }
    }
  }

  private func transport(_ addresses: [String], grace: Duration = .seconds(120)) -> NetworkTrackerTransport {
    var settings = NetworkTrackerTransport.Settings()
    settings.grace = grace
    return NetworkTrackerTransport(group: .singletonMultiThreadedEventLoopGroup, resolver: resolver(addresses), settings: settings)
  }

  /// An answer with this IPv4 peer.
  private static func answer(_ last: UInt8) -> TestHTTPTracker.Reply {
    .body(Array("d8:intervali\(last)00e5:peers6:".utf8) + [10, 0, 0, last, 0, 80] + Array("e".utf8))
  }

  @Test func `a host with both families is announced to on both`() async throws {
    try await TestHTTPTracker { _ in Self.answer(8) }.run { v4 in
      try await TestHTTPTracker { _ in Self.answer(9) }.run(on: "::1", port: v4.port) { v6 in
        let response = try await transport(["::1", "127.0.0.1"]).announce(
          announce(), to: try TrackerURL("http://both.example:\(v4.port)/a"))
        #expect(response.interval == .seconds(900))
        #expect(Set(response.peers) == [try address("10.0.0.8", 80), try address("10.0.0.9", 80)])
        #expect(v4.requests.count == 1 && v6.requests == v4.requests)
      }
    }
  }

  @Test func `a UDP host with both families is announced to on both`() async throws {
    let tracker = TestUDPTracker { request, _ in request.action == 0 ? [request.connected(1)] : [request.announced()] }
    try await tracker.run { v4 in
      try await tracker.run(on: "::1", port: v4.address.port ?? 0) { v6 in
        let transport = transport(["127.0.0.1", "::1"])
        let url = try TrackerURL("udp://both.example:\(v4.address.port ?? 0)")
        #expect(try await transport.announce(announce(), to: url).seeders == 2)
        #expect(v4.requests.map(\.action) == [0, 1] && v6.requests.map(\.action) == [0, 1])
        await transport.close()
      }
    }
  }

  @Test func `one family that leads nowhere does not spoil the other`() async throws {
    try await TestHTTPTracker { _ in Self.answer(8) }.run { v4 in
      let url = try TrackerURL("http://both.example:\(v4.port)/a")
      #expect(try await transport(["127.0.0.1", "::1"]).announce(announce(), to: url).peers == [try address("10.0.0.8", 80)])
      try await TestHTTPTracker { _ in .stall }.run(on: "::1", port: v4.port) { _ in
        let response = try await transport(["127.0.0.1", "::1"], grace: .milliseconds(50)).announce(announce(), to: url)
        #expect(response.peers == [try address("10.0.0.8", 80)])
      }
    }
  }

  @Test func `where both fail the tracker's own words are told`() async throws {
    try await TestHTTPTracker { _ in .text("d14:failure reason2:noe") }.run { v4 in
      let url = try TrackerURL("http://both.example:\(v4.port)/a")
      await #expect(throws: TrackerError.refused(reason: "no", retry: nil)) {
        try await transport(["::1", "127.0.0.1"]).announce(announce(), to: url)
      }
    }
  }

  @Test func `an unknown host is unreachable`() async throws {
    let url = try TrackerURL("udp://nowhere.example:9")
    let error = await #expect(throws: TrackerError.self) { try await transport([]).announce(announce(), to: url) }
    #expect(error?.description == "cannot look up nowhere.example: unknown")
  }
}
