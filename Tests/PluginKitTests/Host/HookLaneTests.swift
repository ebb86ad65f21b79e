import Metainfo
import NIOEmbedded
import PluginKit
import Synchronization
import TestSupport
import Testing

/// Whose hook runs, and which calls are timed.
struct HookLaneTests {
  private let block = Block(piece: 0, offset: 0, length: 1)

  private func chain(_ lane: HookLane, _ change: (inout RecordingScript) -> Void) throws -> (PeerPluginChain, InstalledPlugin) {
    var script = RecordingScript()
    change(&script)
    let plugin = RecordingPlugin(script: script)
    let installed = InstalledPlugin(name: "a plugin with a long name", plugin: plugin, place: "f.yaml:1:1")
    let chain = PeerPluginChain(lane: lane, connection: 7)
    let torrent = try #require(try plugin.newTorrent(PolicyFixtures.artifact()))
    chain.append(try #require(try torrent.newConnection(PolicyFixtures.context(on: EmbeddedEventLoop()))), of: installed)
    return (chain, installed)
  }

  @Test func aHookThatRunsIsSeenFromOutsideUntilItReturns() throws {
    let lane = HookLane()
    let look = SeenLog()
    let (chain, installed) = try chain(lane) { script in
      script.request = { _, _ in
        look.add(lane.running)
        return .pass
      }
      script.acts[.onInterested] = { _ in look.add(lane.running) }
      script.acts[.sentPiece] = { _ in look.add(lane.running) }
    }
    #expect(lane.running == nil)
    _ = try chain.onRequest(block)
    _ = try chain.onInterested()
    chain.sent(.piece(block))
    #expect(lane.running == nil)
    #expect(look.all.map { $0?.hook } == [.onRequest, .onInterested, .sentPiece])
    #expect(look.all.allSatisfy { $0?.plugin == installed.name && $0?.connection == 7 })
  }

  @Test func ofTheCallsForEachBlockOneInManyIsTimed() throws {
    let clock = ManualClock()
    let counted = CountedClock(clock)
    let (chain, installed) = try chain(HookLane(clock: { counted.now })) { script in
      script.request = { _, _ in
        clock.advance(by: .microseconds(10))
        return .pass
      }
    }
    for _ in 0..<6401 { _ = try chain.onRequest(block) }
    #expect(counted.reads == 2 * 101)
    #expect(installed.statistics.snapshot.time[.onRequest] == .microseconds(64_010), "what is timed stands for what is not")
    chain.onDisconnect(DisconnectReason(.remote, "gone"))
    #expect(installed.statistics.snapshot.calls[.onRequest] == 6401)
  }

  @Test func afterASuspiciousCallEachIsTimed() throws {
    let clock = ManualClock()
    let lane = HookLane(clock: { clock.now })
    let (chain, installed) = try chain(lane) { script in
      script.request = { _, _ in
        clock.advance(by: .milliseconds(2))
        return .pass
      }
    }
    for _ in 0..<1000 { _ = try chain.onRequest(block) }
    #expect(installed.statistics.snapshot.time[.onRequest] == .seconds(2))
  }

  @Test func aLaneThatWasToldToAttendSeesARareLateCall() throws {
    let clock = ManualClock()
    let lane = HookLane(clock: { clock.now })
    let calls = Counter()
    let (chain, installed) = try chain(lane) { script in
      script.request = { _, _ in
        if calls.next() == 100 { clock.advance(by: .milliseconds(500)) }
        return .pass
      }
    }
    _ = try chain.onRequest(block)
    lane.attend()
    for _ in 0..<200 { _ = try chain.onRequest(block) }
    #expect(installed.statistics.snapshot.late == [.onRequest: 1])
  }
}

private final class SeenLog: Sendable {
  private let seen = Mutex<[HookLane.Running?]>([])
  var all: [HookLane.Running?] { seen.withLock { $0 } }
  func add(_ running: HookLane.Running?) { seen.withLock { $0.append(running) } }
}

private final class CountedClock: Sendable {
  private let clock: ManualClock
  private let count = Atomic<Int>(0)
  init(_ clock: ManualClock) { self.clock = clock }
  var reads: Int { count.load(ordering: .relaxed) }
  var now: ContinuousClock.Instant {
    count.add(1, ordering: .relaxed)
    return clock.now
  }
}

private final class Counter: Sendable {
  private let count = Atomic<Int>(0)
  func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}
