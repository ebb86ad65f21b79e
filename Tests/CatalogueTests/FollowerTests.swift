import HTTPClient
import Metainfo
import OpenSSL
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Catalogue

/// A follower over scripted servers, stores and nodes.
@Suite struct FollowerTests {
  @Test func `what is new is fetched with its torrent, and what is old goes after the grace time`() async throws {
    let rig = try FollowerRig()
    try rig.publish(["app-1", "app-2", "app-3"])
    #expect(await rig.poll() == .seconds(54))
    #expect(rig.replica.fetched.map(\.name) == ["app-3", "app-2"])
    #expect(rig.replica.fetched.allSatisfy { $0.folder == "/srv" && $0.catalogue == rig.url.description })
    #expect(rig.replica.fetched.first?.torrent == rig.torrents["app-3"]?.bytes)
    rig.replica.complete()
    try rig.publish(["app-2", "app-3", "app-4"])
    await rig.poll()
    #expect(rig.replica.fetched.last?.name == "app-4" && rig.replica.retired.isEmpty)
    rig.replica.complete()
    await rig.poll()
    #expect(rig.replica.retired.isEmpty)
    #expect(rig.reasons("unwanted") == ["there are 2 newer versions of app-*; it goes after 100 s"])
    rig.clock.withLock { $0 += 99 }
    await rig.poll()
    #expect(rig.replica.retired.isEmpty)
    rig.clock.withLock { $0 += 1 }
    await rig.poll()
    #expect(rig.replica.retired == ["app-2"])
    #expect(rig.reasons("retire") == ["there are 2 newer versions of app-*"])
    #expect(try await rig.store.mirrored().map(\.name).sorted() == ["app-3", "app-4"])
  }

  @Test func `rolled back, forged and unreachable catalogues retire nothing and are journalled`() async throws {
    let rig = try FollowerRig()
    try rig.publish(["app-1", "app-2"])
    await rig.poll()
    rig.replica.complete()
    let first = rig.transport.catalogue
    try rig.publish(["app-2"])
    await rig.poll()
    rig.clock.withLock { $0 += 1000 }
    rig.transport.answer(first)
    await rig.poll()
    try rig.publish([], by: Made.otherKey)
    await rig.poll()
    rig.transport.answer(nil)
    await rig.poll()
    rig.transport.answer([0x64])
    #expect(await rig.poll() == .seconds(54 * 16))
    #expect(rig.replica.retired.isEmpty)
    #expect(rig.rules("deny") == ["rolled-back", "untrusted", "unreachable", "malformed"])
    #expect(await rig.follower.status.first?.failures == 4)
    try rig.publish(["app-2"])
    await rig.poll()
    #expect(rig.replica.retired == ["app-1"])
  }

  @Test func `all is here once the server was asked in this life, and what it lists is whole`() async throws {
    let rig = try FollowerRig()
    #expect(try await rig.follower.isComplete() == false)
    try rig.publish(["app-1", "app-2"])
    await rig.poll()
    #expect(try await rig.follower.isComplete() == false)
    rig.replica.complete()
    #expect(try await rig.follower.isComplete())
    // What was stored says nothing of what there is by now.
    let again = rig.restarted()
    rig.transport.answer(nil)
    _ = await again.poll(rig.url, luck: 0)
    #expect(try await again.isComplete() == false)
    try rig.publish(["app-2", "app-3"])
    _ = await again.poll(rig.url, luck: 0)
    #expect(try await again.isComplete() == false)
    rig.replica.complete()
    #expect(try await again.isComplete())
    rig.transport.answer([0x64])
    _ = await again.poll(rig.url, luck: 0)
    #expect(try await again.isComplete() == false)
  }

  @Test func `what does not fit on the disk is not waited for, and a paused mirror not either`() async throws {
    let small = try FollowerRig(budget: DiskBudget(most: 10))
    try small.publish(["app-1"])
    await small.poll()
    #expect(small.replica.fetched.isEmpty)
    #expect(try await small.follower.isComplete())
    let paused = try FollowerRig(isPaused: true)
    await paused.poll()
    #expect(try await paused.follower.isComplete())
  }

  @Test func `what was accepted outlasts a restart, and is judged again`() async throws {
    let rig = try FollowerRig()
    try rig.publish(["app-1"], serial: 7)
    await rig.poll()
    rig.replica.complete()
    try rig.publish(["app-1"], serial: 6)
    let again = rig.restarted()
    _ = await again.poll(rig.url, luck: 0)
    #expect(rig.rules("deny") == ["rolled-back"])
    let other = rig.restarted(keys: [Made.otherKey.publicKey])
    _ = await other.poll(rig.url, luck: 0)
    #expect(await other.status.first?.problem?.contains("not signed by a key that is trusted") == true)
    #expect(rig.replica.retired.isEmpty)
  }

  @Test func `what only a key that is trusted no longer has signed is not served, until one that is has`() async throws {
    let rig = try FollowerRig()
    try rig.publish(["app-1"])
    await rig.poll()
    rig.replica.complete()
    rig.replica.hold("own", size: 5)
    let doubting = rig.restarted(keys: [Made.otherKey.publicKey])
    _ = await doubting.poll(rig.url, luck: 0)
    #expect(rig.replica.withheld == ["app-1"] && rig.replica.retired.isEmpty)
    #expect(rig.reasons("withhold").first?.contains("not signed by a key that is trusted") == true)
    try rig.publish(["app-1"], by: Made.otherKey)
    _ = await doubting.poll(rig.url, luck: 0)
    #expect(rig.replica.withheld.isEmpty && rig.reasons("release").count == 1)
  }

  @Test func `an unchanged catalogue that grows too old is relied on no longer`() async throws {
    let rig = try FollowerRig()
    try rig.publish(["app-1"])
    await rig.poll()
    rig.replica.complete()
    await rig.poll()
    #expect(rig.transport.unchanged == 1)
    rig.clock.withLock { $0 += 3601 }
    await rig.poll()
    #expect(rig.rules("deny") == ["stale"])
  }

  @Test func `a torrent that is not what the catalogue says is refused`() async throws {
    let rig = try FollowerRig()
    try rig.publish(["app-1", "app-2"]) { entry in
      entry.name == "app-2" ? rig.entry("app-2", infoHash: Made.hash("another")) : entry
    }
    rig.transport.serve("torrents/app-1.torrent", try rig.torrent("app-2").bytes)
    await rig.poll()
    #expect(rig.replica.fetched.isEmpty)
    let reasons = rig.reasons("deny")
    #expect(reasons.contains { $0.contains("the torrent is refused: its info-hash is") })
    #expect(reasons.contains { $0.contains("the torrent is refused: it is not the file that the catalogue lists") })
    // What could not begin is not taken for a mirror's.
    await rig.poll()
    #expect(try await rig.store.mirrored().isEmpty)
  }

  @Test func `the budget refuses what does not fit, evicts what is worth least, and both are journalled`() async throws {
    let rig = try FollowerRig(budget: DiskBudget(most: 3000, high: 100, low: 100, keep: 1), keep: nil)
    try rig.publish(["app-1", "app-2"])
    await rig.poll()
    rig.replica.complete()
    rig.replica.hold("own", size: 500)
    try rig.publish(["app-1", "app-2", "app-3"])
    await rig.poll()
    #expect(rig.replica.retired == ["app-1"])
    #expect(rig.reasons("evict").first?.hasPrefix("app-3 needs room; number 3 of its family's versions") == true)
    #expect(rig.replica.fetched.last?.name == "app-3")
    #expect(rig.rules("deny") == [])
    rig.replica.complete()
    await rig.poll()
    #expect(rig.rules("deny") == ["disk"])
    #expect(rig.replica.retired == ["app-1"])
  }

  @Test func `a paused mirror asks nobody and does nothing`() async throws {
    let rig = try FollowerRig(isPaused: true)
    try rig.publish(["app-1"])
    await rig.poll()
    #expect(rig.replica.fetched.isEmpty && rig.transport.asked == 0)
  }

  @Test func `where the node cannot say what it has, nothing is done`() async throws {
    let rig = try FollowerRig()
    try rig.publish(["app-1"])
    rig.replica.breakDown()
    await rig.poll()
    #expect(rig.replica.fetched.isEmpty)
    #expect(rig.reasons("deny").first?.hasPrefix("what is here cannot be said") == true)
  }

  @Test func `polls are spread, and slower the longer they fail`() {
    let timing = PollTiming(every: .seconds(60))
    #expect(timing.wait(afterFailures: 0, luck: 0) == .seconds(54))
    #expect(timing.wait(afterFailures: 1, luck: 0.5) == .seconds(120))
    #expect(timing.wait(afterFailures: 100, luck: 0.5) == .seconds(3600))
    #expect(PollTiming(every: .seconds(86_400)).wait(afterFailures: 3, luck: 0.5) == .seconds(86_400))
    #expect(timing.start(luck: 0.5) == .seconds(15))
  }
}
