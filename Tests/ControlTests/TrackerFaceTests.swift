import Foundation
import HTTPClient
import Logging
import Metainfo
import NIOCore
import NIOPosix
import PluginKit
import TestSupport
import Testing
import Tracker

@testable import Control

/// The tracker's HTTP face, asked on loopback.
@Suite struct TrackerFaceTests {
  private struct LoopbackGuard: Plugin {
    static let name = "loopback"
    let guards: Set<PluginKit.Operation> = [.connect, .request, .announce]
    /// Whether a key has to be shown.
    var identity: Identity?

    init(identity: Identity? = nil) { self.identity = identity }
    init(settings: NoSettings, services: PluginServices) throws {}

    func judge(_ operation: PluginKit.Operation, _ facts: PeerFacts) throws -> Verdict {
      guard facts.artifact?.id != 2 else { return .deny("forbidden") }
      return facts.address.ip.isLoopback && (identity == nil || facts.identities.first == identity) ? .allow("here") : .deny("stranger")
    }
  }

  private struct Node: TrackingNode {
    func facts(of artifact: Int64) async -> ArtifactFacts? {
      ArtifactFacts(
        id: artifact, infoHash: PolicyFixtures.infoHash(UInt8(artifact)), name: "a", labels: [:], isPrivate: true,
        layout: PolicyFixtures.layout(["a": 40]))
    }

    func seat(of artifact: ArtifactFacts, for asker: TrackerAsker) -> OwnSeat? { nil }
  }

  private func with(
    _ plugin: LoopbackGuard = LoopbackGuard(), keys: AnnounceKeys = AnnounceKeys(), _ body: (Endpoint) async throws -> Void
  ) async throws {
    let pipeline = try Pipeline(plugins: [InstalledPlugin(name: "loopback", plugin: plugin, place: "test:1:1")], generation: 1)
    let tracker = EmbeddedTracker(settings: TrackerSettings(), policy: TrackerPolicy(pipeline: { pipeline }), node: Node())
    for id: Int64 in [1, 2] { tracker.put(id, infoHashes: PolicyFixtures.infoHash(UInt8(id)).wire) }
    let (ready, isReady) = AsyncStream.makeStream(of: Endpoint.self)
    let address = try #require(Endpoint("127.0.0.1:0"))
    let face = TrackerFace(
      address: address, tracker: tracker, keys: { keys }, logger: Logger(label: "test"), onReady: { isReady.yield($0) })
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await face.run() }
      defer { group.cancelAll() }
      for await address in ready {
        try await body(address)
        break
      }
    }
  }

  private func get(_ target: String, at address: Endpoint) async throws -> (status: Int, body: [UInt8]) {
    let response = try await HTTPClient(group: MultiThreadedEventLoopGroup.singleton).send(
      HTTPRequest(to: .url(try HTTPURL("http://\(address)\(target)"))), limits: HTTPLimits(body: 1 << 20), deadline: .now() + .seconds(120))
    return (Int(response.status), response.bytes)
  }

  private func request(_ artifact: UInt8, peer: UInt8, port: UInt16, left: Int64) throws -> AnnounceRequest {
    AnnounceRequest(
      infoHash: PolicyFixtures.infoHash(artifact).preferredWire, peerID: [UInt8](repeating: peer, count: 20), port: port,
      statistics: AnnounceStatistics(uploaded: 0, downloaded: 0, left: left), event: .started, wanted: 50, key: 1)
  }

  @Test func `our own client announces, finds and scrapes`() async throws {
    try await with { address in
      let transport = NetworkTrackerTransport(group: .singletonMultiThreadedEventLoopGroup)
      let url = try TrackerURL("http://\(address)/announce")
      #expect(try await transport.announce(request(1, peer: 1, port: 1001, left: 1), to: url).peers.isEmpty)
      let second = try await transport.announce(request(1, peer: 2, port: 1002, left: 0), to: url)
      #expect(second.peers == [try SocketAddress(ipAddress: "127.0.0.1", port: 1001)])
      let known = PolicyFixtures.infoHash(1).preferredWire
      let hashes = [known, PolicyFixtures.infoHash(2).preferredWire, PolicyFixtures.infoHash(3).preferredWire]
      #expect(try await transport.scrape(hashes, at: url) == [known: SwarmCounts(seeders: 1, leechers: 1, downloads: 0)])
      await transport.close()
    }
  }

  @Test func `unknown and forbidden get the same bytes, and what is no question of a tracker's is not found`() async throws {
    try await with { address in
      var answers: Set<[UInt8]> = []
      for artifact: UInt8 in [2, 3] {
        let answer = try await get("/announce?" + request(artifact, peer: 1, port: 1001, left: 1).query, at: address)
        #expect(answer.status == 200)
        answers.insert(answer.body)
      }
      #expect(answers == [Array("d14:failure reason14:not authorizede".utf8)])
      #expect(try await get("/", at: address).status == 404)
      #expect(try await get("/scrape", at: address).body == Array("d5:filesdee".utf8))
      let malformed = try await get("/announce?info_hash=1", at: address).body
      #expect(String(decoding: malformed, as: UTF8.self).contains("failure reason"))
    }
  }

  @Test func `where there are keys one has to be shown, and it is the peer's identity`() async throws {
    let secret = "0123456789abcdef"
    let keys = AnnounceKeys([(name: "edge", key: secret), (name: "lab", key: secret + "2")])
    try await with(LoopbackGuard(identity: Identity(trust: "tracker", name: "key:edge")), keys: keys) { address in
      let query = try request(1, peer: 1, port: 1001, left: 1).query
      let answers = try await [
        get("/announce?" + query, at: address).body, get("/wrong/announce?" + query, at: address).body,
        get("/\(secret)2/announce?" + query, at: address).body,
      ]
      #expect(Set(answers) == [Array("d14:failure reason14:not authorizede".utf8)])
      let right = try await get("/\(secret)/announce?" + query, at: address).body
      #expect(try AnnounceResponse(http: right).leechers == 1)
      let hash = String(repeating: "%01", count: 20)
      #expect(try await get("/scrape?info_hash=" + hash, at: address).body == TrackerReplyBody.failure("not authorized"))
      #expect(try await ScrapeBody.decode(get("/\(secret)/scrape?info_hash=" + hash, at: address).body).count == 1)
    }
  }

  /// Requests of one connection, each answered on the connection's loop or by the server behind it.
  @Test(arguments: [false, true])
  func `answers come in the order of the questions, whoever gives them`(isDripped: Bool) async throws {
    try await with { address in
      let known = "/announce?" + (try request(1, peer: 1, port: 1001, left: 1)).query
      func get(_ target: String, _ fields: String...) -> String {
        "GET \(target) HTTP/1.1\r\nHost: t\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
      }
      // The first announce of an artifact waits for the disk, so that the server has it; the second does not.
      let warm = try await RawHTTP.ask(address, get(known, "Connection: close"))
      #expect(warm.hasPrefix("HTTP/1.1 200"))
      let questions = [
        get(known), get("/nothing"), get(known), get(known, "Content-Length: 2") + "ab", get(known), "POST / HTTP/1.1\r\nHost: t\r\n\r\n",
        get("/scrape"), get(known), get("/announce?info_hash=1", "Connection: close"),
      ]
      let answer = try await RawHTTP.ask(address, questions.joined(), isDripped: isDripped)
      let codes = answer.components(separatedBy: "HTTP/1.1 ").dropFirst().map { $0.prefix(3) }
      #expect(codes == ["200", "404", "200", "200", "200", "405", "200", "200", "200"], "\(answer)")
      #expect(answer.components(separatedBy: "8:intervali").count == 6)
      #expect(answer.components(separatedBy: "\r\nDate: ").count + answer.components(separatedBy: "\r\ndate: ").count >= 10)
      #expect(answer.hasSuffix("d14:failure reason28:info_hash has to be 20 bytese"), "\(answer)")
    }
  }

  @Test func `an address that is taken is told`() async throws {
    try await with { address in
      let pipeline = try Pipeline(plugins: [], generation: 1)
      let tracker = EmbeddedTracker(settings: TrackerSettings(), policy: TrackerPolicy(pipeline: { pipeline }), node: Node())
      let face = TrackerFace(
        address: address, tracker: tracker, keys: { AnnounceKeys() }, logger: Logger(label: "test"), onReady: { _ in })
      await #expect(throws: FaceListenFailure.self) { try await face.run() }
    }
  }
}
