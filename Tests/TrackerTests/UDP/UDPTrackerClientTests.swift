import NIOCore
import NIOPosix
import Synchronization
import Testing
import Tracker

@Suite struct UDPTrackerClientTests {
  /// Runs the body with a client that sends again quickly.
  @discardableResult
  private func withClient<Result: Sendable>(
    sources: [SocketAddress] = [], base: Duration = .seconds(15), limit: Int = 3, _ body: (UDPTrackerClient) async throws -> Result
  ) async throws -> Result {
    let client = UDPTrackerClient(
      group: .singletonMultiThreadedEventLoopGroup, sources: sources, retransmission: UDPRetransmission(base: base, limit: limit))
    do {
      let result = try await body(client)
      await client.close()
      return result
    } catch {
      await client.close()
      throw error
    }
  }

  private static func serve(_ request: TestUDPTracker.Request) -> [[UInt8]] {
    switch (request.action, request.connection) {
    case (0, 0x417_2710_1980): [request.connected(77)]
    case (1, 77): [request.announced([10, 0, 0, 1, 0, 80])]
    case (2, 77): [request.reply(2, [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3])]
    default: [request.reply(3, Array("bad".utf8))]
    }
  }

  private func announced(_ peers: [SocketAddress]) -> UDPTrackerReply {
    .announced(AnnounceResponse(interval: .seconds(600), peers: peers, seeders: 2, leechers: 1))
  }

  @Test func `announces and scrapes share a connection id`() async throws {
    try await TestUDPTracker { request, _ in Self.serve(request) }.run { tracker in
      try await withClient { client in
        for _ in 0..<2 {
          let reply = try await client.send(.announce(announce()), to: tracker.address, deadline: .now() + .seconds(60))
          #expect(reply == announced([try address("10.0.0.1", 80)]))
        }
        let scraped = try await client.send(.scrape([infoHash(1)]), to: tracker.address, deadline: .now() + .seconds(60))
        #expect(scraped == .scraped([SwarmCounts(seeders: 1, leechers: 3, downloads: 2)]))
      }
      #expect(tracker.requests.map(\.action) == [0, 1, 1, 2])
    }
  }

  @Test func `over IPv6 peers are IPv6`() async throws {
    let peer = [0xFD] + [UInt8](repeating: 0, count: 14) + [9, 0, 80]
    let tracker = TestUDPTracker { request, _ in request.action == 0 ? [request.connected(77)] : [request.announced(peer)] }
    try await tracker.run(on: "::1") { tracker in
      try await withClient { client in
        let reply = try await client.send(.announce(announce()), to: tracker.address, deadline: .now() + .seconds(60))
        #expect(reply == announced([try address("fd00::9", 80)]))
      }
    }
  }

  @Test func `lost datagrams are sent again`() async throws {
    // The first of each kind is lost, whatever else comes.
    let lost = Mutex<Set<UInt32>>([])
    let tracker = TestUDPTracker { request, _ in lost.withLock { $0.insert(request.action).inserted } ? [] : Self.serve(request) }
    try await tracker.run { tracker in
      try await withClient(base: .milliseconds(700)) { client in
        _ = try await client.send(.announce(announce()), to: tracker.address, deadline: .now() + .seconds(60))
      }
      // An answer that is late brings one more.
      let actions = tracker.requests.map(\.action)
      #expect(actions == actions.sorted() && Set(actions) == [0, 1], "\(actions)")
      #expect(actions.count { $0 == 0 } >= 2 && actions.count { $0 == 1 } >= 2, "\(actions)")
    }
  }

  @Test func `wrong transactions, wrong actions and garbage are passed over`() async throws {
    let tracker = TestUDPTracker { request, _ in
      var wrong = request.connected(66)
      wrong[7] ^= 1
      let otherAction = request.action == 0 ? request.announced() : request.connected(66)
      return [wrong, [], [1, 2, 3], [UInt8](repeating: 0, count: 2000), request.reply(2), otherAction] + Self.serve(request)
    }
    try await tracker.run { tracker in
      try await withClient { client in
        let reply = try await client.send(.announce(announce()), to: tracker.address, deadline: .now() + .seconds(60))
        #expect(reply == announced([try address("10.0.0.1", 80)]))
      }
      #expect(tracker.requests.map(\.connection) == [0x417_2710_1980, 77])
    }
  }

  @Test func `a reply from another address is not believed`() async throws {
    // The forger knows the transaction id, since the tracker passes it on, but not the tracker's address.
    let forger = try await DatagramBootstrap(group: .singletonMultiThreadedEventLoopGroup).bind(host: "127.0.0.1", port: 0).get()
    let target = Mutex<SocketAddress?>(nil)
    let source = try freePort()
    target.withLock { $0 = source }
    let tracker = TestUDPTracker { request, number in
      guard number < 1, let client = target.withLock({ $0 }) else { return Self.serve(request) }
      let forged = AddressedEnvelope(remoteAddress: client, data: ByteBuffer(bytes: request.reply(3, Array("forged".utf8))))
      forger.writeAndFlush(forged, promise: nil)
      return []
    }
    try await tracker.run { tracker in
      try await withClient(sources: [source]) { client in
        let reply = try await client.send(.announce(announce()), to: tracker.address, deadline: .now() + .seconds(60))
        #expect(reply == announced([try address("10.0.0.1", 80)]))
      }
    }
    try await forger.close()
  }

  /// A loopback address that nobody else uses, with a port below those that the system gives out. Not tried first: a process that another
  /// test starts would have that socket until its exec.
  private func freePort() throws -> SocketAddress {
    try SocketAddress(ipAddress: "127.57.0.1", port: .random(in: 10_000..<30_000))
  }

  @Test func `a refusal is an error with the tracker's words`() async throws {
    let tracker = TestUDPTracker { request, _ in request.action == 0 ? [request.connected(1)] : [request.reply(3, Array("no".utf8))] }
    try await tracker.run { tracker in
      try await withClient { client in
        await #expect(throws: TrackerError.refused(reason: "no", retry: nil)) {
          try await client.send(.announce(announce()), to: tracker.address, deadline: .now() + .seconds(60))
        }
      }
    }
  }

  @Test func `a tracker that restarted is asked for another connection id`() async throws {
    let tracker = TestUDPTracker { request, number in
      switch request.action {
      case 0: [request.connected(number == 0 ? 1 : 2)]
      default: request.connection == 1 && number > 1 ? [request.reply(3)] : [request.announced()]
      }
    }
    try await tracker.run { tracker in
      try await withClient { client in
        for _ in 0..<2 { _ = try await client.send(.announce(announce()), to: tracker.address, deadline: .now() + .seconds(120)) }
      }
      #expect(tracker.requests.map(\.action) == [0, 1, 1, 0, 1])
    }
  }

  /// Returns once the tracker has had another request; a test that waits for nothing must not wait for ever.
  private func arrival(at tracker: TestUDPTracker.Running, after count: Int) async throws {
    let deadline = ContinuousClock.now + .seconds(120)
    while tracker.requests.count <= count {
      try #require(ContinuousClock.now < deadline, "no request came")
      await Task.yield()
    }
  }

  @Test func `silence ends after the last wait, at the deadline, by cancelling or by closing`() async throws {
    try await TestUDPTracker { _, _ in [] }.run { tracker in
      try await withClient(base: .milliseconds(10), limit: 1) { client in
        await #expect(throws: TrackerError.timedOut) {
          try await client.send(.announce(announce()), to: tracker.address, deadline: .now() + .seconds(60))
        }
      }
      try await withClient(base: .seconds(100)) { client in
        await #expect(throws: TrackerError.timedOut) {
          try await client.send(.announce(announce()), to: tracker.address, deadline: .now() + .milliseconds(50))
        }
        let before = tracker.requests.count
        let cancelled = Task { try await client.send(.announce(announce()), to: tracker.address, deadline: .now() + .seconds(120)) }
        try await arrival(at: tracker, after: before)
        cancelled.cancel()
        await #expect(throws: TrackerError.cancelled) { try await cancelled.value }
        let between = tracker.requests.count
        let closed = Task { try await client.send(.announce(announce()), to: tracker.address, deadline: .now() + .seconds(120)) }
        try await arrival(at: tracker, after: between)
        await client.close()
        await #expect(throws: TrackerError.unreachable("the socket was closed")) { try await closed.value }
        await #expect(throws: TrackerError.self) {
          try await client.send(.announce(announce()), to: tracker.address, deadline: .now() + .seconds(60))
        }
      }
    }
  }

  @Test func `many exchanges at a time keep apart`() async throws {
    let tracker = TestUDPTracker { request, _ in
      request.action == 0 ? [request.connected(77)] : [request.announced([10, 0, 0, request.infoHash.first ?? 0, 0, 80])]
    }
    try await tracker.run { tracker in
      try await withClient(base: .seconds(2)) { client in
        try await withThrowingTaskGroup(of: Void.self) { group in
          for byte in UInt8(1)...60 {
            group.addTask {
              let reply = try await client.send(.announce(announce(infoHash(byte))), to: tracker.address, deadline: .now() + .seconds(60))
              #expect(reply == announced([try address("10.0.0.\(byte)", 80)]))
            }
          }
          try await group.waitForAll()
        }
      }
    }
  }
}
