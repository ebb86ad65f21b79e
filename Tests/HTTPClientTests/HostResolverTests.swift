import HTTPClient
import NIOCore
import NIOPosix
import Synchronization
import Testing

@Suite struct HostResolverTests {
  private let loop = MultiThreadedEventLoopGroup.singleton.any()

  @Test func `lookups of one name at one time are one lookup`() async throws {
    let count = Mutex(0)
    let gate = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: Void.self)
    let resolver = HostResolver { (_) throws(HostLookupError) in
      count.withLock { $0 += 1 }
      try? gate.futureResult.wait()
      return ["127.0.0.1"].compactMap { try? SocketAddress(ipAddress: $0, port: 0) }
    }
    let futures = (0..<50).map { _ in resolver.addresses(of: .name("h"), port: 7, on: loop) }
    gate.succeed()
    for future in futures { #expect(try await future.get().map(\.port) == [7]) }
    #expect(count.withLock { $0 } == 1)
    _ = try await resolver.addresses(of: .name("h"), port: 7, on: loop).get()
    #expect(count.withLock { $0 } == 2)
  }

  @Test func `a name without address is an error`() async throws {
    // No label is that long, so the system's resolver asks nobody.
    let name = String(repeating: "x", count: 70)
    await #expect(throws: HostLookupError.self) {
      try await HostResolver.shared.addresses(of: .name(name), port: 1, on: loop).get()
    }
  }

  @Test func `localhost has an address and a literal needs no lookup`() async throws {
    #expect(try await !HostResolver.shared.addresses(of: .name("localhost"), port: 1, on: loop).get().isEmpty)
    let never = HostResolver { (host) throws(HostLookupError) in throw HostLookupError(host: host, reason: "not to be asked") }
    let literal = try HTTPURL("http://[::1]/").host
    #expect(try await never.addresses(of: literal, port: 9, on: loop).get() == [try SocketAddress(ipAddress: "::1", port: 9)])
  }

  @Test func `a request keeps to the family asked for`() async throws {
    let both = HostResolver { (_) throws(HostLookupError) in
      ["127.0.0.1", "::1"].compactMap { try? SocketAddress(ipAddress: $0, port: 0) }
    }
    let client = HTTPClient(group: .singletonMultiThreadedEventLoopGroup, resolver: both)
    try await Script({ _ in [.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")] }).run { server in
      let url = try HTTPURL("http://both.example:\(server.port)/")
      #expect(try await client.get(url, family: .v4, deadline: .now() + .seconds(120)).status == 200)
      #expect(try await client.get(url, deadline: .now() + .seconds(120)).status == 200)
      await #expect(throws: HTTPClientError.self) { try await client.get(url, family: .v6, deadline: .now() + .seconds(120)) }
      #expect(server.requests.count == 2)
    }
  }
}
