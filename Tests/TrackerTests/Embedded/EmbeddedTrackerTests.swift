import Metainfo
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Tracker

@Suite struct EmbeddedTrackerTests {
  @Test func `peers are told of each other, and nobody of itself`() async throws {
    let rig = try TrackerRig()
    #expect(await rig.peers("10.0.0.1") == [])
    #expect(await rig.peers("10.0.0.2") == ["10.0.0.1"])
    #expect(await rig.peers("10.0.0.1") == ["10.0.0.2"])
    #expect(rig.tracker.figures.peers == 2 && rig.tracker.figures.swarms == 1 && rig.tracker.figures.announces == 3)
  }

  @Test func `seeds are told of leechers alone`() async throws {
    let rig = try TrackerRig()
    await rig.peers("10.0.0.1", isSeed: true)
    await rig.peers("10.0.0.2")
    #expect(await rig.peers("10.0.0.3", isSeed: true) == ["10.0.0.2"])
    #expect(await rig.peers("10.0.0.2") == ["10.0.0.1", "10.0.0.3"])
  }

  @Test func `who has stopped is told nothing and of nobody, and who listens nowhere is told of others`() async throws {
    let rig = try TrackerRig()
    await rig.peers("10.0.0.1")
    #expect(await rig.peers("10.0.0.9", port: 0) == ["10.0.0.1"])
    #expect(await rig.peers("10.0.0.1", event: .stopped) == [])
    #expect(await rig.peers("10.0.0.2") == [])
    #expect(rig.tracker.figures.peers == 1)
  }

  @Test func `counts follow those who come, finish and go`() async throws {
    let rig = try TrackerRig()
    func counts() async -> SwarmCounts? {
      await rig.tracker.scrape([TrackerRig.known], from: TrackerRig.asker("10.9.9.9"))[TrackerRig.known]
    }
    await rig.peers("10.0.0.1", isSeed: true)
    await rig.peers("10.0.0.2")
    #expect(await counts() == SwarmCounts(seeders: 1, leechers: 1, downloads: 0))
    await rig.peers("10.0.0.2", isSeed: true, event: .completed)
    #expect(await counts() == SwarmCounts(seeders: 2, leechers: 0, downloads: 1))
    await rig.peers("10.0.0.1", event: .stopped)
    await rig.peers("10.0.0.2", event: .stopped)
    #expect(await counts() == SwarmCounts(seeders: 0, leechers: 0, downloads: 1))
    // A download that nobody has seen begin.
    await rig.peers("10.0.0.7", isSeed: true, event: .completed)
    #expect(await counts() == SwarmCounts(seeders: 1, leechers: 0, downloads: 1))
    #expect(rig.tracker.figures.seeders == 1)
  }

  @Test func `who is silent for two intervals is forgotten`() async throws {
    let rig = try TrackerRig()
    await rig.peers("10.0.0.1")
    rig.advance(by: .seconds(3600))
    rig.tracker.expire()
    #expect(await rig.peers("10.0.0.2") == ["10.0.0.1"])
    rig.advance(by: .seconds(1))
    // It is not handed out even before it is swept.
    #expect(await rig.peers("10.0.0.3") == ["10.0.0.2"])
    #expect(rig.tracker.figures.peers == 3)
    rig.tracker.expire()
    #expect(rig.tracker.figures.peers == 2)
  }

  @Test func `an artifact that is unknown and one that is forbidden get the same bytes, and a stranger gets no others`() async throws {
    let rig = try TrackerRig()
    await rig.peers("10.0.0.1")
    let outcomes = [
      await rig.announce("10.0.0.1", TrackerRig.unknown), await rig.announce("10.0.0.1", TrackerRig.forbidden),
      await rig.announce("192.0.2.1", TrackerRig.known), await rig.announce("192.0.2.1", TrackerRig.unknown),
    ]
    for form in [PeerListForm.compact, .dictionaries(withPeerIDs: true)] {
      #expect(Set(outcomes.map { TrackerReplyBody.encode($0, form: form) }) == [Array("d14:failure reason14:not authorizede".utf8)])
    }
    let hashes = [TrackerRig.known, TrackerRig.forbidden, TrackerRig.unknown]
    #expect(await Set(rig.tracker.scrape(hashes, from: TrackerRig.asker("10.0.0.1")).keys) == [TrackerRig.known])
    #expect(await rig.tracker.scrape(hashes, from: TrackerRig.asker("192.0.2.1")).isEmpty)
    #expect(rig.tracker.figures.refused == 4)
  }

  @Test func `the journal is told what the asker is not`() async throws {
    let rig = try TrackerRig()
    await rig.announce("10.0.0.1", TrackerRig.forbidden)
    await rig.announce("10.0.0.1", TrackerRig.unknown)
    await rig.announce("192.0.2.1", TrackerRig.known)
    let rows = rig.journal.records
    #expect(rows.map(\.reason) == ["forbidden", "no artifact has the info-hash", "address"])
    #expect(rows.map(\.plugin) == ["scripted", "tracker", "scripted"] && rows.allSatisfy { $0.verdict == "deny" })
    #expect(rows.map(\.operation) == ["connect", "announce", "connect"])
    #expect(rows.map(\.artifact) == ["artifact-2", nil, nil])
  }

  @Test func `of a stranger nothing is read from the disk`() async throws {
    let rig = try TrackerRig()
    #expect(await rig.announce("192.0.2.1") == .refused)
    #expect(rig.node.state.withLock { $0.reads } == 0)
    await rig.announce("10.0.0.1")
    await rig.announce("10.0.0.2")
    #expect(rig.node.state.withLock { $0.reads } == 1)
  }

  @Test func `a guard that takes its time is waited for`() async throws {
    let rig = try TrackerRig(.addresses("10.", waiting: true))
    #expect(rig.tracker.announceNow(TrackerRig.question(), from: TrackerRig.asker("10.0.0.1")) == nil)
    #expect(rig.tracker.announceNow(TrackerRig.question(TrackerRig.unknown), from: TrackerRig.asker("10.0.0.1")) == nil)
    await rig.peers("10.0.0.1")
    #expect(await rig.peers("10.0.0.2") == ["10.0.0.1"])
    #expect(await rig.announce("192.0.2.1") == .refused)
    #expect(await rig.announce("10.0.0.1", TrackerRig.unknown) == .refused)
    #expect(await rig.tracker.scrape([TrackerRig.known], from: TrackerRig.asker("192.0.2.1")).isEmpty)
    // Whom the guard has judged it need not judge again.
    #expect(rig.tracker.announceNow(TrackerRig.question(), from: TrackerRig.asker("10.0.0.1")) != nil)
  }

  @Test func `a guard that waits for a proof until the handshake is done lets nobody in`() async throws {
    let rig = try TrackerRig(ScriptedGuard { _, facts in facts.peerID == nil ? .allow("it may still come") : .deny("no proof") })
    #expect(await rig.announce("10.0.0.1") == .refused)
    #expect(await rig.tracker.scrape([TrackerRig.known], from: TrackerRig.asker("10.0.0.1")).isEmpty)
  }

  @Test func `who may not announce is told of nobody, and nobody of it`() async throws {
    let rig = try TrackerRig(
      ScriptedGuard { operation, facts in
        operation == .announce && facts.address.ip == IPAddress("10.0.0.2") ? .deny("quiet") : .allow("all")
      })
    await rig.peers("10.0.0.1")
    #expect(await rig.announce("10.0.0.2") == .refused)
    #expect(await rig.peers("10.0.0.3") == ["10.0.0.1"])
  }

  @Test func `after a reload those who may not be told of any more are forgotten`() async throws {
    let rig = try TrackerRig()
    await rig.peers("10.1.0.1")
    await rig.peers("10.2.0.1", isSeed: true)
    try rig.reload(.addresses("10.1."))
    #expect(await rig.peers("10.1.0.2") == ["10.1.0.1"])
    #expect(await rig.announce("10.2.0.1") == .refused)
    #expect(rig.tracker.figures.peers == 2 && rig.tracker.figures.seeders == 0)
  }

  @Test func `an answer of policy holds until its end`() async throws {
    let end = WallTime(nanoseconds: PolicyFixtures.noon.nanoseconds + 1)
    let rig = try TrackerRig(
      ScriptedGuard { _, facts in
        facts.now < end || facts.address.ip == IPAddress("10.0.0.2") ? .allow("day", validUntil: end) : .deny("night")
      })
    await rig.peers("10.0.0.1")
    #expect(await rig.peers("10.0.0.2") == ["10.0.0.1"])
    rig.node.state.withLock { $0.wall = end }
    #expect(await rig.peers("10.0.0.2") == [])
    #expect(rig.tracker.figures.peers == 1)
  }

  @Test func `an artifact that goes takes its swarm along`() async throws {
    let rig = try TrackerRig()
    await rig.peers("10.0.0.1")
    rig.tracker.remove(1)
    #expect(await rig.announce("10.0.0.1") == .refused)
    #expect(rig.tracker.figures.peers == 0 && rig.tracker.figures.artifacts == 1)
    rig.tracker.put(1, infoHashes: [TrackerRig.known])
    #expect(await rig.peers("10.0.0.2") == [])
  }

  @Test func `there is a bound on peers, and who finds no place is told of others`() async throws {
    var settings = TrackerSettings()
    settings.maximumPeers = 3
    let rig = try TrackerRig(settings: settings)
    for last in 1...3 { await rig.peers("10.0.0.\(last)") }
    #expect(await rig.peers("10.0.0.4")?.count == 3)
    #expect(rig.tracker.figures.peers == 3 && rig.tracker.figures.turnedAway == 1)
    // Those who are known stay.
    #expect(await rig.peers("10.0.0.1") == ["10.0.0.2", "10.0.0.3"])
  }

  @Test func `one address takes a quarter of the places at most`() async throws {
    var settings = TrackerSettings()
    settings.maximumPeers = 400
    let rig = try TrackerRig(settings: settings)
    for port in 1...150 { await rig.announce("10.0.0.1", port: UInt16(port)) }
    #expect(rig.tracker.figures.peers == 100 && rig.tracker.figures.turnedAway == 50)
    await rig.announce("10.0.0.2")
    #expect(rig.tracker.figures.peers == 101)
  }

  @Test func `everybody is handed out at some time, and never more than are wished for`() async throws {
    let rig = try TrackerRig()
    for low in 0..<250 { for high in 0..<4 { await rig.announce("10.0.\(high).\(low)") } }
    var seen: [String: Int] = [:]
    for _ in 0..<200 {
      let peers = try #require(await rig.peers("10.9.9.9", wanted: 50))
      #expect(peers.count == 50)
      for peer in peers { seen[peer, default: 0] += 1 }
    }
    // 10,000 draws of 1000 peers: ten each on the average.
    #expect(seen.count > 990)
    #expect(seen.values.allSatisfy { $0 < 40 }, "\(seen.values.max() ?? 0)")
    #expect(await rig.peers("10.9.9.9", wanted: 0) == [])
    #expect(await rig.peers("10.9.9.9", wanted: 100_000)?.count == 200)
    #expect(await rig.peers("10.9.9.9")?.count == 50)
  }

  @Test func `intervals are spread`() async throws {
    let rig = try TrackerRig()
    var intervals: Set<Duration> = []
    for _ in 0..<20 {
      guard case .reply(let reply) = await rig.announce("10.0.0.1") else { continue }
      #expect((.seconds(27 * 60))...(.seconds(33 * 60)) ~= reply.interval)
      #expect(reply.minimumInterval == .seconds(15 * 60))
      intervals.insert(reply.interval)
    }
    #expect(intervals.count == 20)
  }

  @Test func `the node itself is a peer of its artifacts`() async throws {
    let rig = try TrackerRig()
    let own = ListedPeer(address: try #require(Endpoint("10.0.0.100:6881")), peerID: try #require(PeerID([UInt8](repeating: 9, count: 20))))
    rig.node.state.withLock { $0.seat = OwnSeat(peer: own, isSeed: true) }
    #expect(await rig.peers("10.0.0.1") == ["10.0.0.100"])
    #expect(await rig.peers("10.0.0.2", isSeed: true) == ["10.0.0.1"])
    // It is not filed when it announces itself.
    #expect(await rig.peers("10.0.0.100", port: 7000, peer: 9) == ["10.0.0.1", "10.0.0.2"])
    #expect(rig.tracker.figures.peers == 2)
    let counts = await rig.tracker.scrape([TrackerRig.known], from: TrackerRig.asker("10.0.0.1"))
    #expect(counts[TrackerRig.known] == SwarmCounts(seeders: 2, leechers: 1, downloads: 0))
  }

  @Test func `the node is told of at each of its places, and knows itself by all of its names`() async throws {
    let rig = try TrackerRig()
    let peers = try [9, 10].map { byte in
      ListedPeer(
        address: try #require(Endpoint("10.0.0.100:\(6800 + byte)")),
        peerID: try #require(PeerID([UInt8](repeating: UInt8(byte), count: 20))))
    }
    rig.node.state.withLock { $0.seat = OwnSeat(peers: peers, peerIDs: peers.map(\.peerID), isSeed: true) }
    guard case .reply(let reply) = await rig.announce("10.0.0.1") else { throw CancellationError() }
    #expect(reply.peers == peers)
    #expect(reply.counts == SwarmCounts(seeders: 1, leechers: 1, downloads: 0))
    #expect(await rig.peers("10.0.0.100", port: 7000, peer: 10) == ["10.0.0.1"])
    #expect(rig.tracker.figures.peers == 1)
  }

  @Test func `an address in the request is nobody's`() async throws {
    let rig = try TrackerRig()
    var request = announce(TrackerRig.known)
    request.reach = AnnouncedReach(v4: .init(ip: IPAddress("10.0.0.66")), v6: .init(ip: IPAddress("fd00::66")))
    let target = try TrackerTarget(Array("/announce?\(request.query(over: .v4))".utf8))
    guard case .announce(let http, _) = target.question else { throw CancellationError() }
    let udp = UDPQuestion(UDPTrackerCodec.encode(.announce(request), connection: 1, transaction: 1))
    guard case .announce(let datagram)? = udp?.content else { throw CancellationError() }
    _ = await rig.tracker.announce(http, from: TrackerRig.asker("10.0.0.1"))
    _ = await rig.tracker.announce(datagram, from: TrackerRig.asker("10.0.0.2"))
    #expect(await rig.peers("10.0.0.3") == ["10.0.0.1", "10.0.0.2"])
  }

  @Test func `whoever can be told of one family is told of that one`() async throws {
    let rig = try TrackerRig()
    await rig.announce("10.0.0.1")
    await rig.announce("fd00::1")
    #expect(await rig.peers("10.0.0.2") == ["10.0.0.1", "fd00::1"])
    let outcome = await rig.tracker.announce(TrackerRig.question(), from: TrackerRig.asker("fd00::2"), family: .v6, limit: 5)
    guard case .reply(let reply) = outcome else { return #expect(Bool(false), "\(outcome)") }
    #expect(reply.peers.map(\.address.ip.description) == ["fd00::1"])
  }
}
