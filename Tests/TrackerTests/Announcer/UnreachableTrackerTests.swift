import HTTPClient
import Logging
import Metainfo
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing
import Tracker

/// Carries announces nowhere, and counts them.
private final class CountingTransport: TrackerTransport {
  private struct State {
    var isThere = false
    var asked: [String: Int] = [:]
  }

  private let state = Mutex(State())

  func announce(_ request: AnnounceRequest, to url: TrackerURL) async throws(TrackerError) -> AnnounceResponse {
    let isThere = state.withLock { state in
      state.asked[url.host.text, default: 0] += 1
      return state.isThere || url.host.text != "dead"
    }
    if !isThere { throw .unreachable("no route") }
    return AnnounceResponse(interval: .seconds(7000))
  }

  func close() async {}

  func asked(_ host: String) -> Int { state.withLock { $0.asked[host] ?? 0 } }
  func appear() { state.withLock { $0.isThere = true } }
}

private struct NoPeers: AnnounceDelegate {
  func statistics(for id: Int64) -> AnnounceStatistics { AnnounceStatistics(uploaded: 0, downloaded: 0, left: 0) }
  func found(peers: [SocketAddress], for id: Int64) {}
  func listenPort(of listener: Int) -> UInt16 { 6881 }
}

@Suite(.timeLimit(.minutes(5))) struct UnreachableTrackerTests {
  private static let torrents = 2000

  private func run(_ trackers: [[String]], _ body: (TrackerAnnouncer, CountingTransport, SteppedClock) async throws -> Void) async throws {
    let (clock, transport) = (SteppedClock(), CountingTransport())
    let announcer = TrackerAnnouncer(
      group: MultiThreadedEventLoopGroup.singleton, peerID: [UInt8](repeating: 1, count: 20), delegate: NoPeers(), clock: clock,
      generator: RepeatableGenerator(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, transport: transport)
    let places = [AnnouncedPlace(listener: 0)]
    await announcer.update(
      (1...Self.torrents).map { AnnouncedTorrent(id: Int64($0), infoHashes: [.numbered($0)], trackers: trackers, places: places) })
    let running = Task { await announcer.run() }
    try await body(announcer, transport, clock)
    running.cancel()
    await announcer.handOver()
    await running.value
  }

  /// Moves the clock, half a second at a time, until it is so.
  private func steps(_ clock: SteppedClock, _ what: String, atMost: Int = 20_000, _ isSo: () async -> Bool) async throws {
    for _ in 0..<atMost {
      if await isSo() { return }
      clock.advance(by: .milliseconds(500))
      for _ in 0..<10 { await Task.yield() }
    }
    throw ScriptedPeerFailure(description: "\(what) did not come to be")
  }

  @Test func `of thousands of torrents a few find out that their tracker is gone, and all are there once it is back`() async throws {
    try await run([["http://dead/announce"]]) { announcer, transport, clock in
      try await steps(clock, "all know of it") { await announcer.status().allSatisfy { $0.state == .failing } }
      // Those that were under way at first, and one now and then.
      #expect(transport.asked("dead") < 150, "\(transport.asked("dead"))")
      #expect(await announcer.status(limit: 1).first?.message?.contains("no route") == true)
      let before = clock.now
      transport.appear()
      try await steps(clock, "all are announced") { await announcer.status().allSatisfy { $0.state == .working } }
      #expect(before.duration(to: clock.now) < TrackerReach.longestPause * 3)
    }
  }

  @Test func `a tracker out of reach keeps nobody from the next of its tier`() async throws {
    try await run([["http://dead/announce"], ["http://alive/announce"]]) { announcer, transport, clock in
      try await steps(clock, "all are announced") { transport.asked("alive") >= Self.torrents }
      #expect(transport.asked("dead") < 150 && transport.asked("alive") == Self.torrents)
    }
  }
}

extension SHA1Digest {
  fileprivate static func numbered(_ number: Int) -> SHA1Digest {
    SHA1Digest([UInt8](repeating: 0, count: 12) + withUnsafeBytes(of: UInt64(number).bigEndian, Array.init)) ?? .zero
  }
}
