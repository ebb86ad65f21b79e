import PluginKit
import Testing

@testable import Engine

struct RecentSwarmsTests {
  private let start = ContinuousClock.now

  private func swarms(_ count: Int) throws -> [Swarm] {
    let artifact = try TestArtifact(["a.bin": 100]).seeded()
    return (1...count).map { id in
      let facts = ArtifactFacts(
        id: Int64(id), infoHash: artifact.facts.infoHash, name: "app", labels: [:], isPrivate: true, layout: artifact.facts.layout)
      return Swarm(SeededArtifact(facts: facts, torrent: artifact.torrent, reader: artifact.reader, have: artifact.have))
    }
  }

  @Test func `Those that rested longest leave when there are too many`() throws {
    var recent = RecentSwarms()
    let swarms = try swarms(RecentSwarms.mostSwarms + 2)
    for swarm in swarms.dropLast(2) { #expect(recent.add(swarm, now: start).isEmpty) }
    // One that rests again is the youngest, and is there once.
    #expect(recent.add(swarms[0], now: start).isEmpty)
    #expect(recent.add(swarms[swarms.count - 2], now: start).map(\.facts.id) == [2])
    #expect(recent.add(swarms[swarms.count - 1], now: start).map(\.facts.id) == [3])
    #expect(recent.count == RecentSwarms.mostSwarms)
  }

  @Test func `Each has its time`() throws {
    var recent = RecentSwarms()
    let swarms = try swarms(3)
    for (second, swarm) in swarms.enumerated() { _ = recent.add(swarm, now: start + .seconds(second)) }
    recent.remove(swarms[1])
    #expect(recent.expired(now: start + RecentSwarms.grace - .milliseconds(1)).isEmpty)
    #expect(recent.expired(now: start + RecentSwarms.grace).map(\.facts.id) == [1])
    #expect(recent.expired(now: start + RecentSwarms.grace + .seconds(9)).map(\.facts.id) == [3])
    #expect(recent.count == 0)
  }
}
