import Metainfo
import PeerProtocol
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Engine

/// Super-seeding over real sockets, with a clock of the test's own.
struct SuperSeedingTests {
  private static let settings = EngineRig.settings { $0.superSeeding = .matching { $0.name == "app" } }

  /// 8 pieces of 256 KiB: two are revealed at a time, and one to whoever may not ask yet.
  private func artifact() throws -> TestArtifact { try TestArtifact(["a.bin": 8 * 262_144], pieceLength: 262_144) }

  private func nextHave(_ peer: ScriptedPeer) async throws -> Int {
    try await peer.next("a have") { if case .have(let piece) = $0 { Int(piece) } else { nil } }
  }

  /// A peer that has said what it has, and the pieces that it was told of at first.
  private func told(_ peer: ScriptedPeer, of count: Int = 1) async throws -> [Int] {
    try await peer.send(.haveNone)
    try await peer.wait(for: .haveNone)
    var pieces: [Int] = []
    for _ in 0..<count { pieces.append(try await nextHave(peer)) }
    return pieces
  }

  private func blocks(_ artifact: TestArtifact, of piece: Int) -> [Block] { artifact.blocks.filter { Int($0.piece) == piece } }

  @Test
  func peersAreToldOfDifferentPiecesAndOfMoreAsTheyAreSent() async throws {
    let artifact = try artifact()
    try await EngineRig.run([artifact.seeded()], settings: Self.settings) { rig async throws in
      // A third one, so that nobody is alone.
      let bystander = try await rig.peer(artifact)
      let (one, other) = (try await rig.peer(artifact), try await rig.peer(artifact))
      let (first, second) = (try await told(one), try await told(other))
      #expect(Set(first + second).count == 2)
      try await one.send(.interested)
      try await one.wait(for: .unchoke)
      let more = try await nextHave(one)
      let wanted = blocks(artifact, of: first[0])
      // The third piece comes with the second half of the first.
      try await one.send(bytes: ScriptedPeer.encoded(wanted.map { .request($0) }))
      let third = try await nextHave(one)
      #expect(Set(first + second + [more, third]).count == 4)
      try await bystander.close()
    }
  }

  @Test
  func aRequestForAPieceThatWasNotRevealedIsRejectedAndNothingMore() async throws {
    let artifact = try artifact()
    try await EngineRig.run([artifact.seeded()], settings: Self.settings) { rig async throws in
      let bystander = try await rig.peer(artifact)
      let peer = try await rig.peer(artifact)
      let first = try await told(peer)
      try await peer.send(.interested)
      try await peer.wait(for: .unchoke)
      let more = try await nextHave(peer)
      let hidden = try #require(blocks(artifact, of: (0..<8).first { !first.contains($0) && $0 != more } ?? 0).first)
      try await peer.send(.request(hidden))
      try await peer.wait(for: .reject(hidden))
      let open = try #require(blocks(artifact, of: first[0]).first)
      #expect(try await peer.fetch([open]) == [artifact.bytes(of: open)])
      try await bystander.close()
    }
  }

  @Test
  func aPeerWithoutTheFastExtensionIsServedToo() async throws {
    let artifact = try artifact()
    try await EngineRig.run([artifact.seeded()], settings: Self.settings) { rig async throws in
      let bystander = try await rig.peer(artifact)
      let peer = try await rig.peer(artifact, reserved: .plain)
      // It says nothing of its pieces, for it has none: the first second's work tells it of some.
      try await rig.connections(2)
      try await eventually("both at work") { await rig.engine.peers().count { $0.phase == "active" } == 2 ? () : nil }
      await rig.engine.tick()
      let piece = try await nextHave(peer)
      try await peer.send(.interested)
      try await peer.wait(for: .unchoke)
      let hidden = Block(piece: UInt32((piece + 4) % 8), offset: 0, length: 16_384)
      let open = Block(piece: UInt32(piece), offset: 0, length: 16_384)
      try await peer.send(.request(hidden), .request(open))
      let answer = try await peer.next("a block") { if case .piece(let data) = $0 { data.block } else { nil } }
      #expect(answer == open)
      try await bystander.close()
    }
  }

  @Test
  func oncePeersHaveEverythingBetweenThemNothingIsHeldBack() async throws {
    let artifact = try artifact()
    try await EngineRig.run([artifact.seeded()], settings: Self.settings) { rig async throws in
      let (one, other) = (try await rig.peer(artifact), try await rig.peer(artifact))
      let first = try await told(one)
      try await other.send(.haveAll)
      await rig.wait(pieces: 8)
      await rig.engine.tick()
      var rest: Set<Int> = []
      for _ in 0..<7 { rest.insert(try await nextHave(one)) }
      #expect(rest == Set(0..<8).subtracting(first))
      // Newcomers are told at once.
      let third = try await rig.peer(artifact)
      try await third.wait(for: .haveAll)
    }
  }

  @Test
  func aPeerThatStaysAloneIsToldOfEverything() async throws {
    let artifact = try TestArtifact(["a.bin": 12 * 262_144], pieceLength: 262_144)
    try await EngineRig.run([artifact.seeded()], settings: Self.settings) { rig async throws in
      let peer = try await rig.peer(artifact)
      // Of many at once, for there is nobody to have others; 12 pieces, of which it wants none yet.
      _ = try await told(peer, of: 8)
      await rig.engine.tick()
      rig.clock.advance(by: .seconds(10))
      await rig.engine.tick()
      for _ in 0..<4 { _ = try await nextHave(peer) }
    }
  }

  @Test
  func otherSettingsEndIt() async throws {
    let artifact = try artifact()
    try await EngineRig.run([artifact.seeded()], settings: Self.settings) { rig async throws in
      let (one, other) = (try await rig.peer(artifact), try await rig.peer(artifact))
      _ = try await told(one)
      _ = try await told(other)
      rig.engine.replace(settings: EngineRig.settings())
      await rig.engine.tick()
      for peer in [one, other] {
        for _ in 0..<7 { _ = try await nextHave(peer) }
      }
    }
  }

  @Test
  func patternsAreMatchedOnceASecondForAllPeersOfAnArtifact() async throws {
    let artifact = try artifact()
    let matches = Mutex(0)
    let settings = EngineRig.settings { settings in
      settings.eventLoops = 1
      settings.superSeeding = .matching { _ in
        matches.withLock { $0 += 1 }
        return true
      }
    }
    try await EngineRig.run([artifact.seeded()], settings: settings) { rig async throws in
      var peers: [ScriptedPeer] = []
      for _ in 0..<5 { peers.append(try await rig.peer(artifact)) }
      try await eventually("five at work") { await rig.engine.peers().count { $0.phase == "active" } == 5 ? () : nil }
      let before = matches.withLock { $0 }
      await rig.engine.tick()
      // Whether to count, and whether to super-seed.
      #expect(matches.withLock { $0 } - before == 2)
    }
  }

  @Test
  func otherArtifactsAreSeededAsEver() async throws {
    let artifact = try TestArtifact(["a.bin": 70_000], name: "other")
    try await EngineRig.run([artifact.seeded()], settings: Self.settings) { rig async throws in
      let peer = try await rig.peer(artifact)
      try await peer.wait(for: .haveAll)
    }
  }

  @Test(arguments: [(Int64?.none, false), (1 << 20, true)])
  func autoNeedsAnUploadLimit(rate: Int64?, isSuperSeeded: Bool) async throws {
    let artifact = try artifact()
    let settings = EngineRig.settings { ($0.superSeeding, $0.uploadRate) = (.auto, rate) }
    try await EngineRig.run([artifact.seeded()], settings: settings) { rig async throws in
      let peer = try await rig.peer(artifact)
      try await peer.wait(for: isSuperSeeded ? .haveNone : .haveAll)
    }
  }

  @Test
  func withALimitFewPeersOfASwarmThatLacksPiecesAreServedAndAllOfAWholeOne() async throws {
    let artifact = try artifact()
    // 64 KiB a second: a piece takes four seconds, so the fewest slots that there are.
    let settings = EngineRig.settings { $0.uploadRate = 64 << 10 }
    try await EngineRig.run([artifact.seeded()], settings: settings) { rig async throws in
      var peers: [ScriptedPeer] = []
      for _ in 0..<6 {
        let peer = try await rig.peer(artifact)
        try await peer.send(.haveNone, .interested)
        peers.append(peer)
      }
      try await eventually("six interested") { await rig.engine.peers().count { $0.isInterested } == 6 ? () : nil }
      await rig.engine.tick()
      try await eventually("two choked") { await rig.engine.peers().count { $0.isChoked } == 2 ? () : nil }
      try await peers[0].send(bytes: ScriptedPeer.encoded((0..<8).map { .have($0) }))
      await rig.wait(pieces: 8)
      await rig.engine.tick()
      try await eventually("none choked") { await rig.engine.peers().contains { $0.isChoked } ? nil : () }
    }
  }
}

extension EngineRig {
  /// Waits until a peer has told of so many pieces.
  func wait(pieces: Int) async {
    _ = try? await eventually("a peer with \(pieces) pieces") {
      await self.engine.peers().contains { $0.peerPieces == pieces } ? () : nil
    }
  }
}
