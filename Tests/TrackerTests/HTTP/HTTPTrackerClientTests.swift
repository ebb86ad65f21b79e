import HTTPClient
import NIOCore
import NIOPosix
import Testing
import Tracker

@Suite struct HTTPTrackerClientTests {
  private let client = HTTPTrackerClient(client: HTTPClient(group: .singletonMultiThreadedEventLoopGroup))

  private func announce(to tracker: TestHTTPTracker.Running, within: TimeAmount = .seconds(120)) async throws -> AnnounceResponse {
    let url = try HTTPURL("http://127.0.0.1:\(tracker.port)/announce?passkey=k")
    return try await client.announce(TrackerTests.announce(event: .started), to: url, deadline: .now() + within)
  }

  private func answer(_ reply: TestHTTPTracker.Reply, within: TimeAmount = .seconds(120)) async throws -> AnnounceResponse {
    try await TestHTTPTracker { _ in reply }.run { try await announce(to: $0, within: within) }
  }

  @Test func `an announce reaches the tracker with the URL's own query and its answer comes back`() async throws {
    try await TestHTTPTracker { _ in .text("d8:intervali900e5:peers0:e") }.run { tracker in
      let response = try await announce(to: tracker)
      #expect(response.interval == .seconds(900))
      #expect(tracker.requests == ["/announce?passkey=k&\(TrackerTests.announce(event: .started).query)"])
    }
  }

  @Test func `an answer that drips is read`() async throws {
    let body = Array("d8:intervali900e5:peers6:".utf8) + [10, 0, 0, 1, 0, 80] + Array("e".utf8)
    #expect(try await answer(.drip(body)).peers == [try address("10.0.0.1", 80)])
  }

  @Test func `a redirect is followed with the query it names`() async throws {
    let tracker = TestHTTPTracker { $0.hasPrefix("/announce") ? .redirect("/moved?x=1") : .text("de") }
    try await tracker.run { tracker in
      let response = try await announce(to: tracker)
      #expect(response == AnnounceResponse())
      #expect(tracker.requests.last == "/moved?x=1")
    }
  }

  @Test(arguments: [
    (TestHTTPTracker.Reply.text("d14:failure reason2:noe"), TrackerError.refused(reason: "no", retry: nil)),
    (.status(403, "d14:failure reason2:no8:retry in5:nevere"), .refused(reason: "no", retry: .never)),
    (.status(404, "<html>"), .badStatus(404)),
    (.status(503, ""), .badStatus(503)), (.redirect("https://t/"), .unsupported("https://t: nobody is trusted for TLS links here")),
    (.redirect("/announce"), .unreachable("more than 3 redirects")),
  ])
  func `a tracker that does not serve us is an error`(reply: TestHTTPTracker.Reply, expected: TrackerError) async throws {
    await #expect(throws: expected) { try await answer(reply) }
  }

  @Test(arguments: [
    TestHTTPTracker.Reply.text("garbage"), .body([0, 255, 1]), .flood(4 << 20), .body([UInt8](repeating: 0x6C, count: 1 << 20)),
  ])
  func `garbage and huge bodies are malformed`(reply: TestHTTPTracker.Reply) async throws {
    let error = await #expect(throws: TrackerError.self) { try await answer(reply) }
    guard case .malformed = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func `a tracker that stalls is left at the deadline`() async throws {
    await #expect(throws: TrackerError.timedOut) { try await answer(.stall, within: .milliseconds(100)) }
  }

  @Test func `a scrape asks at the derived URL`() async throws {
    let body = "d5:filesd20:aaaaaaaaaaaaaaaaaaaad8:completei1e10:downloadedi2e10:incompletei3eeee"
    try await TestHTTPTracker { _ in .text(body) }.run { tracker in
      let url = try HTTPURL("http://127.0.0.1:\(tracker.port)/announce")
      let counts = try await client.scrape([infoHash(0x61)], at: url, deadline: .now() + .seconds(120))
      #expect(counts == [infoHash(0x61): SwarmCounts(seeders: 1, leechers: 3, downloads: 2)])
      #expect(tracker.requests == ["/scrape?info_hash=aaaaaaaaaaaaaaaaaaaa"])
    }
    let other = try HTTPURL("http://127.0.0.1:1/x")
    await #expect(throws: TrackerError.self) { try await client.scrape([infoHash(1)], at: other, deadline: .now() + .seconds(120)) }
  }
}
