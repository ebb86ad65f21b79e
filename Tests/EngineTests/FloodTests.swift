import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import TestSupport
import Testing

@testable import Engine

/// Peers that send without end what costs us and gives them nothing: they go, with a reason, and others do not notice.
struct FloodTests {
  private func flood(
    _ what: String, _ artifact: TestArtifact, counter: String? = "closed_floods", reserved: ReservedBits = .ours(v2: true),
    settings: EngineSettings = EngineRig.settings(), _ message: @escaping @Sendable (Int) -> [PeerMessage]
  ) async throws {
    try await EngineRig.run([artifact.seeded()], settings: settings) { rig async throws in
      let innocent = try await rig.leecher(artifact, from: "127.0.0.5")
      let peer = try await rig.leecher(artifact, reserved: reserved)
      if reserved.supportsExtensionProtocol { try await peer.send(ExtendedHandshake()) }
      // The link may end while we still send.
      for start in stride(from: 0, to: 8000, by: 500) {
        do { try await peer.send(bytes: ScriptedPeer.encoded((start..<start + 500).flatMap(message))) } catch { break }
      }
      try await peer.end()
      if let counter { #expect(rig.engine.limits[counter] == 1, "\(what)") }
      let rows = rig.refusals.filter { $0.operation == "protocol" }
      #expect(rows.count == 1 && rows.first?.reason.contains("too many messages that say nothing") == true, "\(what): \(rows)")
      // Where uploads are limited, a second's worth of them.
      rig.clock.advance(by: .seconds(1))
      #expect(try await innocent.isAlive(artifact))
    }
  }

  @Test func interestThatFlips() async throws {
    try await flood("interest", try TestArtifact()) { $0 % 2 == 0 ? [.notInterested] : [.interested] }
  }

  @Test func keepAlives() async throws { try await flood("keep-alives", try TestArtifact()) { _ in [.keepAlive] } }

  @Test func havesOfOnePiece() async throws { try await flood("haves", try TestArtifact()) { _ in [.have(0)] } }

  @Test func wordsOnAllPiecesWhereThePiecesAreCounted() async throws {
    // A limit on uploads is why they are.
    let settings = EngineRig.settings { $0.uploadRate = 1 << 30 }
    try await flood("have all and have none", try TestArtifact(), settings: settings) { $0 % 2 == 0 ? [.haveAll] : [.haveNone] }
  }

  @Test func extendedHandshakesByTheThousand() async throws {
    var handshake = ExtendedHandshake()
    handshake.clientVersion = String(repeating: "x", count: 2000)
    let payload = ByteBuffer(bytes: handshake.encoded())
    try await flood("handshakes", try TestArtifact()) { _ in [.extended(id: 0, payload)] }
  }

  @Test func requestsWithTheirCancels() async throws {
    let artifact = try TestArtifact()
    let block = try #require(artifact.blocks.first)
    try await flood("request and cancel", artifact) { _ in [.request(block), .cancel(block)] }
  }

  @Test func cancelsOfNothing() async throws {
    let artifact = try TestArtifact()
    let block = try #require(artifact.blocks.first)
    try await flood("cancels", artifact) { _ in [.cancel(block)] }
  }

  @Test func requestsWhileChoked() async throws {
    let artifact = try TestArtifact()
    let block = try #require(artifact.blocks.first)
    try await flood("choked requests", artifact) { $0 == 0 ? [.notInterested] : [.request(block)] }
  }

  @Test func hashRequestsThatReadWholePieces() async throws {
    let artifact = try TestArtifact(["a.bin": 300_000], pieceLength: 131_072, version: .v2)
    let root = try #require(artifact.torrent.layout.files.first?.piecesRoot)
    let request = HashRequest(piecesRoot: root, baseLayer: 0, index: 0, length: 8, proofLayers: 0)
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      let peer = try await rig.leecher(artifact, reserved: .ours(v2: true))
      try await peer.send(.hashRequest(request))
      try await peer.next("hashes") { if case .hashes = $0 { () } else { nil } }
      try await peer.send(bytes: ScriptedPeer.encoded([PeerMessage](repeating: .hashRequest(request), count: 2000)))
      try await eventually("rejects") { (rig.engine.limits["rejected_hash_requests"] ?? 0) > 0 ? () : nil }
    }
  }

  @Test func aCancelLooksAtEachPlaceOnce() {
    var queue = UploadQueue(capacity: 500)
    for index in 0..<500 { _ = queue.push(Block(piece: UInt32(index), offset: 0, length: 16_384)) }
    // The worst case: the oldest, 500 times.
    for index in 0..<500 { #expect(queue.cancel(Block(piece: UInt32(index), offset: 0, length: 16_384)) == true) }
    #expect(queue.isEmpty)
  }
}
