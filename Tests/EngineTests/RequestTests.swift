import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import TestSupport
import Testing

@testable import Engine

/// Requests and what answers them.
struct RequestTests {
  @Test
  func pluginsAreToldOfADroppedBlockAlsoWhereThePeerIsNot() async throws {
    let artifact = try TestArtifact()
    var script = RecordingScript()
    script.request = { peer, _ in .postpone(until: peer.now + .seconds(1)) }
    let plugin = RecordingPlugin(script: script)
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await rig.leecher(artifact, reserved: .plain)
      try await peer.send(.request(artifact.blocks[0]), .cancel(artifact.blocks[0]))
      await plugin.log.wait(for: .sentReject, "\(artifact.blocks[0])")
      #expect(await rig.engine.peers().first?.queued == 0)
    }
  }

  @Test(arguments: [TorrentVersion.v1, .v2, .hybrid])
  func everyBlockIsServedWithItsBytesTheShortOnesToo(version: TorrentVersion) async throws {
    let artifact = try TestArtifact(["a.bin": 70_001, "b/c.bin": 5, "empty": 0, "z.bin": 40_000], version: version)
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      let blocks = artifact.blocks
      let bytes = try await peer.fetch(blocks)
      #expect(bytes == blocks.map(artifact.bytes(of:)))
      // Odd places and lengths.
      let odd = [
        Block(piece: 0, offset: 1, length: 1), Block(piece: 1, offset: 777, length: 16_001), Block(piece: 0, offset: 0, length: 32_768),
      ]
      #expect(try await peer.fetch(odd) == odd.map(artifact.bytes(of:)))
      try await peer.close()
      let total = (blocks + odd).reduce(Int64(0)) { $0 + Int64($1.length) }
      try await eventually("the accounts") { rig.delegate.transfers.reduce(0) { $0 + $1.bytes } == total ? () : nil }
      #expect(rig.delegate.transfers.allSatisfy { $0.principal == "127.0.0.1" && $0.artifact == 1 })
      #expect(rig.delegate.transfers.reduce(0) { $0 + $1.blocks } == Int64(blocks.count + odd.count))
      #expect(rig.engine.uploaded(of: 1) == total)
    }
  }

  @Test
  func manyBlocksAtOnceAreServedInOrder() async throws {
    let artifact = try TestArtifact(["a.bin": 3_000_000], pieceLength: 262_144)
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      let blocks = artifact.blocks
      try await peer.send(bytes: ScriptedPeer.encoded(blocks.map { .request($0) }))
      for block in blocks {
        guard case .piece(let data) = try await peer.next() else { throw ScriptedPeerFailure(description: "no piece") }
        #expect(data.block == block)
        #expect(Array(data.bytes.readableBytesView) == artifact.bytes(of: block))
      }
    }
  }

  @Test
  func aRequestWhileChokedIsRejectedWithTheFastExtensionAndIgnoredWithout() async throws {
    let artifact = try TestArtifact()
    let block = artifact.blocks[0]
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      let fast = try await rig.peer(artifact)
      try await fast.send(.request(block))
      try await fast.wait(for: .reject(block))
      let plain = try await rig.peer(artifact, reserved: .plain)
      try await plain.send(.request(block), .interested)
      #expect(try await plain.next() == .bitfield(ByteBuffer(bytes: [0b1110_0000])))
      #expect(try await plain.next() == .unchoke)
      #expect(try await plain.isAlive(artifact))
    }
  }

  @Test
  func requestsBeyondTheQueueAreRejected() async throws {
    let artifact = try TestArtifact()
    let blocks = artifact.blocks
    var script = RecordingScript()
    script.request = { peer, _ in .postpone(until: peer.now + .seconds(60)) }
    let settings = EngineRig.settings { $0.requestQueue = 3 }
    try await EngineRig.run([artifact.seeded()], plugins: [RecordingPlugin(script: script)], settings: settings) { rig async throws in
      let peer = try await rig.leecher(artifact)
      try await peer.send(bytes: ScriptedPeer.encoded(blocks.prefix(5).map { .request($0) }))
      #expect(try await peer.next() == .reject(blocks[3]))
      #expect(try await peer.next() == .reject(blocks[4]))
      #expect(await rig.engine.peers().map(\.queued) == [3])
    }
  }

  @Test
  func aPeerThatDoesNotReadIsServedNoMoreThanItsLinkHolds() async throws {
    let artifact = try TestArtifact(["a.bin": 1_000_000], pieceLength: 262_144)
    let settings = EngineRig.settings { $0.requestQueue = 4_000 }
    try await EngineRig.run([artifact.seeded()], settings: settings) { rig async throws in
      let peer = try await rig.leecher(artifact)
      try await peer.stopReading()
      let block = Block(piece: 0, offset: 0, length: 131_072)
      try await peer.send(bytes: ScriptedPeer.encoded([PeerMessage](repeating: .request(block), count: 500)))
      try await eventually("a full link") {
        let queued = await rig.engine.peers().first?.queued ?? 0
        return queued > 100 && queued < 500 ? () : nil
      }
      // What still waits can be taken back, and what was not read is not sent.
      try await peer.send(bytes: ScriptedPeer.encoded([PeerMessage](repeating: .cancel(block), count: 500)))
      try await eventually("an empty queue") { await rig.engine.peers().first?.queued == 0 ? () : nil }
      try await peer.resumeReading()
      var (pieces, rejects) = (0, 0)
      while pieces + rejects < 500 {
        switch try await peer.next() {
        case .piece: pieces += 1
        case .reject: rejects += 1
        case let other: Issue.record("unexpected \(other)")
        }
      }
      #expect(pieces > 0 && rejects > 100)
    }
  }

  @Test
  func aPieceThatWeDoNotHaveIsNeitherShownNorServed() async throws {
    let artifact = try TestArtifact()
    var have = Bitfield(count: artifact.layout.pieceCount, filled: true)
    have[1] = false
    try await EngineRig.run([artifact.seeded(have: have)]) { rig async throws in
      let peer = try await rig.peer(artifact)
      try await peer.wait(for: .bitfield(ByteBuffer(bytes: [0b1010_0000])))
      try await peer.send(.interested)
      try await peer.wait(for: .unchoke)
      let missing = Block(piece: 1, offset: 0, length: 16_384)
      try await peer.send(.request(missing))
      try await peer.wait(for: .reject(missing))
      #expect(try await peer.isAlive(artifact))
      #expect(rig.engine.missing(of: 1) == 32_768)
    }
  }

  @Test
  func nothingToShowIsHaveNone() async throws {
    let artifact = try TestArtifact()
    try await EngineRig.run([artifact.seeded(have: Bitfield(count: artifact.layout.pieceCount))]) { rig async throws in
      try await rig.peer(artifact).wait(for: .haveNone)
      // Without the fast extension nothing is said at all.
      let plain = try await rig.peer(artifact, reserved: .plain)
      try await plain.send(.interested)
      #expect(try await plain.next() == .unchoke)
    }
  }

  @Test
  func hashesOfAGrantedFileAreGivenAndOthersRejected() async throws {
    let artifact = try TestArtifact(["a.bin": 200_000], version: .v2)
    let root = try #require(artifact.torrent.pieceLayers.keys.first)
    let layer = try #require(artifact.torrent.pieceLayers[root])
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      let peer = try await rig.peer(artifact, reserved: .ours(v2: true))
      let wanted = HashRequest(piecesRoot: root, baseLayer: 1, index: 0, length: 8, proofLayers: 0)
      try await peer.send(.hashRequest(wanted))
      let hashes = try await peer.next("hashes") { if case .hashes(wanted, let hashes) = $0 { hashes } else { nil } }
      #expect(hashes.readableBytesView.starts(with: layer))
      let unknown = HashRequest(piecesRoot: .zero, baseLayer: 1, index: 0, length: 8, proofLayers: 0)
      try await peer.send(.hashRequest(unknown))
      try await peer.wait(for: .hashReject(unknown))
    }
  }
}
