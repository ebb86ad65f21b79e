import Metainfo
import NIOCore
import NIOEmbedded
import PluginKit
import Synchronization
import TestSupport
import Testing

/// What counts against a plugin, and what holds when it was too much.
struct TrippingTests {
  private struct Broken: Error, CustomStringConvertible { let description = "broken" }

  private func installed(
    _ onError: OnError = .deny, guards: Set<Operation> = [.connect], faults: Int = 2, clock: ManualClock = ManualClock(),
    _ change: (inout RecordingScript) -> Void = { _ in }
  ) -> InstalledPlugin {
    var script = RecordingScript()
    script.guards = guards
    change(&script)
    let installed = InstalledPlugin(
      name: "a", plugin: RecordingPlugin(script: script), place: "f.yaml:1:1", onError: onError, budget: .init(faults: faults))
    var host = PluginStatistics.Host()
    (host.clock, host.wall) = ({ clock.now }, { PolicyFixtures.noon })
    installed.statistics.attach(host)
    return installed
  }

  private func trip(_ installed: InstalledPlugin) {
    for _ in 0..<3 { installed.tell(.tick) { throw Broken() } }
  }

  @Test func throwsThatNoPeerBroughtAboutTripThePlugin() {
    let installed = installed()
    installed.tell(.tick) { throw Broken() }
    installed.tell(.onState) { throw Broken() }
    #expect(!installed.isTripped)
    installed.tell(.tick) { throw Broken() }
    #expect(installed.isTripped)
    let trip = installed.statistics.trip
    #expect(trip?.at == PolicyFixtures.noon)
    #expect(trip?.reason == "more than 2 faults in 60.0 seconds; the last: tick: broken; on_state: broken; tick: broken")
    #expect(installed.statistics.snapshot.faults == [.tick: 2, .onState: 1])
  }

  @Test func nothingIsToldToATrippedPlugin() {
    let installed = installed()
    trip(installed)
    installed.tell(.tick) { Issue.record("it was told") }
    #expect(installed.statistics.snapshot.calls == [.tick: 3])
  }

  @Test func theHostIsToldOnceOfATrip() {
    let installed = installed()
    let told = TripLog()
    var host = PluginStatistics.Host()
    host.onTrip = { told.add($0) }
    installed.statistics.attach(host)
    trip(installed)
    installed.statistics.charge("one more")
    #expect(told.trips.count == 1)
  }

  @Test func whatPeersCanBringAboutTripsNobody() throws {
    let installed = installed { $0.judge = { _, _ in throw Broken() } }
    let pipeline = try Pipeline(plugins: [installed], generation: 1)
    for _ in 0..<100 { #expect(!pipeline.decide(.connect, PolicyFixtures.peer()).isAllowed) }
    let chain = PeerPluginChain()
    var script = RecordingScript()
    script.request = { _, _ in throw Broken() }
    let torrent = try #require(try RecordingPlugin(script: script).newTorrent(PolicyFixtures.artifact()))
    chain.append(try #require(try torrent.newConnection(PolicyFixtures.context(on: EmbeddedEventLoop()))), of: installed)
    for _ in 0..<100 { #expect(throws: PluginFailure.self) { try chain.onRequest(Block(piece: 0, offset: 0, length: 1)) } }
    #expect(!installed.isTripped)
    #expect(installed.statistics.snapshot.faults == [.judge: 100, .onRequest: 100])
  }

  @Test func lateHooksTripThePlugin() throws {
    let clock = ManualClock()
    let installed = installed(clock: clock) { script in
      script.judge = { _, _ in
        clock.advance(by: .milliseconds(101))
        return .allow("in the end")
      }
    }
    let pipeline = try Pipeline(plugins: [installed], generation: 1)
    #expect(pipeline.decide(.connect, PolicyFixtures.peer()).isAllowed)
    #expect(pipeline.decide(.connect, PolicyFixtures.peer()).isAllowed)
    #expect(pipeline.decide(.connect, PolicyFixtures.peer()).isAllowed, "the answer that was too late is an answer all the same")
    let refusal = try #require(pipeline.decide(.connect, PolicyFixtures.peer()).refusal)
    #expect(refusal.verdict.reason.hasPrefix("plugin a is tripped: more than 2 faults in 60.0 seconds; the last: judge took"))
    #expect(refusal.verdict.rule == "tripped" && refusal.verdict.place == "f.yaml:1:1")
    #expect(installed.statistics.snapshot.late == [.judge: 3])
    #expect(installed.statistics.snapshot.time[.judge] == .milliseconds(303))
  }

  @Test func aGuardThatTakesTooMuchOfTheLoopIsTripped() throws {
    let clock = ManualClock()
    let installed = installed(clock: clock) { script in
      script.judge = { _, _ in
        clock.advance(by: .milliseconds(90))
        return .allow("slowly")
      }
    }
    let pipeline = try Pipeline(plugins: [installed], generation: 1)
    for _ in 0..<40 { _ = pipeline.decide(.connect, PolicyFixtures.peer()) }
    #expect(installed.statistics.trip?.reason.hasPrefix("its hooks take more than 0.2 seconds of each second") == true)
    #expect(installed.statistics.snapshot.late.isEmpty)
  }

  @Test func onErrorSaysWhatATrippedGuardSays() throws {
    for (onError, isAllowed, count) in [(OnError.deny, false, 1), (.allow, true, 1), (.skip, true, 0)] {
      let installed = installed(onError)
      let pipeline = try Pipeline(plugins: [installed], generation: 1)
      trip(installed)
      let decision = pipeline.decide(.connect, PolicyFixtures.peer())
      #expect(decision.isAllowed == isAllowed, "\(onError)")
      #expect(decision.judgements.count == count, "\(onError)")
    }
  }

  @Test func aTrippedHandlerThatHasASayInBlocksDeniesThem() throws {
    for (onError, isAllowed) in [(OnError.deny, false), (.allow, true), (.skip, true)] {
      let installed = installed(onError, guards: [])
      let pipeline = try Pipeline(plugins: [installed], generation: 1)
      let facts = PolicyFixtures.peer(artifact: PolicyFixtures.artifact())
      #expect(pipeline.grant(facts).scope == .everything)
      trip(installed)
      #expect((pipeline.grant(facts).scope == nil) == !isAllowed, "\(onError)")
      #expect(pipeline.decide(.connect, facts).isAllowed)
    }
  }

  @Test func aTrippedHandlerIsLeftOutOfTheChain() throws {
    for onError in OnError.allCases {
      let installed = installed(onError, guards: [])
      let plugin = RecordingPlugin()
      let chain = PeerPluginChain()
      let torrent = try #require(try plugin.newTorrent(PolicyFixtures.artifact()))
      chain.append(try #require(try torrent.newConnection(PolicyFixtures.context(on: EmbeddedEventLoop()))), of: installed)
      trip(installed)
      let block = Block(piece: 0, offset: 0, length: 1)
      #expect(try chain.onInterested() == .pass)
      #expect(try chain.onRequest(block)?.plugin == (onError == .deny ? "a" : nil))
      chain.sent(.piece(block))
      chain.onDisconnect(DisconnectReason(.remote, "gone"))
      #expect(plugin.log.transcript(without: [.newTorrent, .newConnection]).isEmpty)
      #expect(chain.isEmpty)
    }
  }

  @Test func aGuardThatLetsEverybodyInOnceItIsTrippedCountsAsNone() throws {
    #expect(try Pipeline(plugins: [installed(.deny)], generation: 1).isGuarded)
    #expect(try !Pipeline(plugins: [installed(.allow), installed(.skip)], generation: 1).isGuarded)
    #expect(try Pipeline(plugins: [installed(.allow), installed(.deny)], generation: 1).isGuarded)
    #expect(try !Pipeline(plugins: [installed(.deny, guards: [.request])], generation: 1).isGuarded)
  }

  @Test func questionsThatOutliveTheirConnectionsAreBounded() async throws {
    let gate = AsyncGate()
    let installed = installed(faults: 1) { script in
      // Heeds no cancellation.
      script.admit = { _ in
        await gate.wait()
        return .allow("at last")
      }
    }
    let pipeline = try Pipeline(plugins: [installed], generation: 1)
    let tasks = (0..<Pipeline.orphansAllowed).map { _ in Task { await pipeline.admit(PolicyFixtures.peer()) } }
    await gate.waiting(Pipeline.orphansAllowed)
    for task in tasks { task.cancel() }
    let refused = await pipeline.admit(PolicyFixtures.peer())
    #expect(refused.refusal?.verdict.reason == "plugin a has not answered 64 questions whose connections are gone")
    gate.open()
    for task in tasks { #expect(await task.value.isAllowed) }
    #expect(await pipeline.admit(PolicyFixtures.peer()).isAllowed, "there is room again")
    #expect(!installed.isTripped, "one fault, and one is allowed")
    #expect(installed.statistics.calls.isEmpty)
  }
}

/// Keeps trips.
private final class TripLog: Sendable {
  private let kept = Mutex<[PluginTrip]>([])
  var trips: [PluginTrip] { kept.withLock { $0 } }
  func add(_ trip: PluginTrip) { kept.withLock { $0.append(trip) } }
}

/// Holds up whoever comes, until it is opened.
private final class AsyncGate: Sendable {
  private struct State {
    var isOpen = false
    var held: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  func wait() async {
    await withCheckedContinuation { continuation in
      let isOpen = state.withLock { state in
        if !state.isOpen { state.held.append(continuation) }
        return state.isOpen
      }
      if isOpen { continuation.resume() }
    }
  }

  /// Returns when so many are held up.
  func waiting(_ count: Int) async { while state.withLock({ $0.held.count }) < count { await Task.yield() } }

  func open() {
    let held = state.withLock { state in
      state.isOpen = true
      defer { state.held = [] }
      return state.held
    }
    for continuation in held { continuation.resume() }
  }
}
