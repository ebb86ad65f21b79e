import Logging
import Metainfo
import NIOCore
import NIOPosix
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Tracker

/// What is announced of a torrent that is found at several places.
@Suite struct TrackerAnnouncerTests {
  /// Keeps what is announced, and answers with a peer.
  private final class Ledger: TrackerTransport, AnnounceDelegate {
    private let state = Mutex<(requests: [AnnounceRequest], found: Int)>(([], 0))

    var requests: [AnnounceRequest] { state.withLock { $0.requests } }
    var found: Int { state.withLock { $0.found } }

    func announce(_ request: AnnounceRequest, to url: TrackerURL) async throws(TrackerError) -> AnnounceResponse {
      state.withLock { $0.requests.append(request) }
      let peers = request.wanted > 0 ? (try? SocketAddress(ipAddress: "10.0.0.1", port: 1)).map { [$0] } : nil
      return AnnounceResponse(interval: .seconds(1800), peers: peers ?? [])
    }

    func close() async {}
    func statistics(for id: Int64) -> AnnounceStatistics { AnnounceStatistics(uploaded: 5, downloaded: 6, left: 7) }
    func found(peers: [NIOCore.SocketAddress], for id: Int64) { state.withLock { $0.found += peers.count } }
    func listenPort(of listener: Int) -> UInt16 { UInt16(6881 + listener) }
  }

  private static let peerID = [UInt8](repeating: 0x41, count: 19) + [0xFF]

  private func with(_ body: (TrackerAnnouncer, Ledger) async throws -> Void) async throws {
    let ledger = Ledger()
    let announcer = TrackerAnnouncer(
      group: .singletonMultiThreadedEventLoopGroup, peerID: Self.peerID, delegate: ledger, logger: Logger(label: "test"), transport: ledger)
    let running = Task { await announcer.run() }
    try await body(announcer, ledger)
    await announcer.stop(within: .seconds(5))
    await running.value
  }

  private func torrent(_ places: [AnnouncedPlace]) -> AnnouncedTorrent {
    AnnouncedTorrent(id: 1, infoHashes: [infoHash(1)], trackers: [["http://t/announce"]], places: places)
  }

  @Test func `each place is announced by itself, under a name of its own, and only the first counts and asks`() async throws {
    try await with { announcer, ledger in
      await announcer.add(torrent([AnnouncedPlace(listener: 0), AnnouncedPlace(listener: 3)]))
      try await eventually("both announces") { ledger.requests.count == 2 ? true : nil }
      let requests = ledger.requests.sorted { $0.port < $1.port }
      #expect(requests.map(\.port) == [6881, 6884])
      #expect(requests.map(\.peerID) == [Self.peerID, Self.peerID.dropLast() + [0]])
      #expect(requests[0].key != requests[1].key)
      #expect(requests.map(\.statistics.left) == [7, 7] && requests.map(\.statistics.uploaded) == [5, 0])
      #expect(requests.map { $0.wanted > 0 } == [true, false])
      try await eventually("the peer") { ledger.found == 1 ? true : nil }
      let status = await announcer.status()
      #expect(status.map(\.place.listener) == [0, 3] && status.map(\.isFirstPlace) == [true, false])
      await announcer.completed(id: 1)
      try await eventually("that it is whole") { ledger.requests.contains { $0.event == .completed } ? true : nil }
    }
  }

  @Test func `a place that moves is said to have stopped where it was`() async throws {
    try await with { announcer, ledger in
      let former = AnnouncedReach(v4: .init(port: 1000))
      await announcer.add(torrent([AnnouncedPlace(listener: 0, reach: former)]))
      try await eventually("the first announce") { ledger.requests.count == 1 ? true : nil }
      try await eventually("its end") { await announcer.status().first?.state == .working ? true : nil }
      let now = AnnouncedReach(v4: .init(ip: IPAddress("203.0.113.7"), port: 2000))
      await announcer.add(torrent([AnnouncedPlace(listener: 0, reach: now)]))
      try await eventually("three announces") { ledger.requests.count == 3 ? true : nil }
      #expect(ledger.requests.map(\.event) == [.started, .stopped, .started])
      #expect(ledger.requests.map { $0.port(over: .v4) } == [1000, 1000, 2000])
    }
  }

  @Test func `what is found nowhere is not announced`() async throws {
    try await with { announcer, ledger in
      await announcer.add(torrent([]))
      #expect(await announcer.status().isEmpty && ledger.requests.isEmpty)
    }
  }
}
