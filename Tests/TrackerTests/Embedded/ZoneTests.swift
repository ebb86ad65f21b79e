import PluginKit
import Synchronization
import Testing

@testable import Tracker

@Suite struct ZoneTests {
  private func rig(outsiders: Int?) throws -> TrackerRig {
    var settings = TrackerSettings()
    settings.zones = ZoneMap([
      (name: "a", networks: [try #require(IPNetwork("10.1.0.0/16"))]), (name: "b", networks: [try #require(IPNetwork("10.2.0.0/16"))]),
      (name: "b-lab", networks: [try #require(IPNetwork("10.2.3.0/24"))]),
    ])
    settings.outsiders = outsiders
    settings.outsideTime = .seconds(600)
    return try TrackerRig(settings: settings)
  }

  @Test func `of networks that overlap the narrowest counts`() throws {
    let zones = ZoneMap([
      (name: "wide", networks: [try #require(IPNetwork("10.0.0.0/8"))]),
      (name: "narrow", networks: [try #require(IPNetwork("10.2.0.0/16"))]),
    ])
    let zone = { (text: String) in zones.zone(of: try #require(IPAddress(text))) }
    #expect(try zone("10.2.0.1") == 2)
    #expect(try zone("10.3.0.1") == 1)
    #expect(try zone("192.0.2.1") == 0)
  }

  @Test func `peers of the own zone come first`() async throws {
    let rig = try rig(outsiders: nil)
    for last in 1...20 { await rig.announce("10.2.0.\(last)") }
    for last in 1...3 { await rig.announce("10.1.0.\(last)") }
    let peers = try #require(await rig.peers("10.1.0.9", wanted: 5))
    #expect(peers.isSuperset(of: ["10.1.0.1", "10.1.0.2", "10.1.0.3"]) && peers.count == 5)
    #expect(try #require(await rig.peers("10.1.0.9", wanted: 2)).isSubset(of: ["10.1.0.1", "10.1.0.2", "10.1.0.3"]))
  }

  @Test func `only so many of a zone are sent outside, and others are not sent to those who wait`() async throws {
    let rig = try rig(outsiders: 1)
    await rig.announce("10.2.0.1", isSeed: true)
    #expect(await rig.peers("10.1.0.1") == ["10.2.0.1"])
    // The second has the first, and nobody else.
    #expect(await rig.peers("10.1.0.2") == ["10.1.0.1"])
    #expect(await rig.peers("10.2.0.1", isSeed: true) == ["10.1.0.1"])
    // A zone within a zone is another.
    #expect(await rig.peers("10.2.3.1") == ["10.1.0.1", "10.2.0.1"])
    // Who is in no zone may have from all that may go out.
    #expect(await rig.peers("10.9.0.1") == ["10.1.0.1", "10.2.0.1", "10.2.3.1"])
  }

  @Test func `who finishes or stops makes room for the next`() async throws {
    let rig = try rig(outsiders: 1)
    await rig.announce("10.2.0.1", isSeed: true)
    await rig.announce("10.1.0.1")
    #expect(await rig.peers("10.1.0.2") == ["10.1.0.1"])
    await rig.announce("10.1.0.1", isSeed: true, event: .completed)
    #expect(await rig.peers("10.1.0.2") == ["10.1.0.1", "10.2.0.1"])
    #expect(await rig.peers("10.1.0.3") == ["10.1.0.1", "10.1.0.2"])
    await rig.announce("10.1.0.2", event: .stopped)
    #expect(await rig.peers("10.1.0.3") == ["10.1.0.1", "10.2.0.1"])
  }

  @Test func `whoever does not get on loses its turn`() async throws {
    let rig = try rig(outsiders: 1)
    await rig.announce("10.2.0.1", isSeed: true)
    await rig.announce("10.1.0.1")
    rig.advance(by: .seconds(599))
    await rig.announce("10.1.0.1")
    #expect(await rig.peers("10.1.0.2") == ["10.1.0.1"])
    rig.advance(by: .seconds(1))
    #expect(await rig.peers("10.1.0.2") == ["10.1.0.1", "10.2.0.1"])
    #expect(await rig.peers("10.1.0.1") == ["10.1.0.2"])
  }

  @Test func `the node is outside like any other`() async throws {
    let rig = try rig(outsiders: 1)
    let own = ListedPeer(address: try #require(Endpoint("10.2.0.100:6881")), peerID: TrackerRig.question(peer: 9).peerID)
    rig.node.state.withLock { $0.seat = OwnSeat(peer: own, isSeed: true) }
    #expect(await rig.peers("10.1.0.1") == ["10.2.0.100"])
    #expect(await rig.peers("10.1.0.2") == ["10.1.0.1"])
    #expect(await rig.peers("10.2.0.2") == ["10.2.0.100", "10.1.0.1"])
  }

  @Test func `other zones begin with nobody`() async throws {
    let rig = try rig(outsiders: nil)
    await rig.announce("10.1.0.1")
    rig.tracker.reload(TrackerSettings())
    #expect(rig.tracker.figures.peers == 0)
    await rig.announce("10.1.0.1")
    #expect(await rig.peers("10.2.0.1") == ["10.1.0.1"])
  }
}
