import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import TestSupport
import Testing

@testable import Engine

/// Whatever a peer sends: its own connection closes with a row in the journal, and nobody else notices.
struct BadInputTests {
  private static func frame(_ length: UInt32, _ bytes: [UInt8]) -> [UInt8] {
    withUnsafeBytes(of: length.bigEndian, Array.init) + bytes
  }

  private static func request(_ piece: UInt32, _ offset: UInt32, _ length: UInt32) -> [UInt8] {
    ScriptedPeer.encoded([.request(Block(piece: piece, offset: offset, length: length))])
  }

  /// Three pieces of 32 KiB, the last of 4,464 bytes.
  private static let bad: [(name: String, bytes: [UInt8])] = [
    ("a length of 4 GiB", frame(.max, [6])),
    ("a length of 1 MiB for a request", frame(1 << 20, [6])),
    ("a request of 12 bytes", frame(12, [UInt8](repeating: 6, count: 12))),
    ("a have of 4 bytes", frame(4, [4, 0, 0, 0])),
    ("a choke with a payload", frame(2, [0, 0])),
    ("a piece beyond the last", request(3, 0, 16_384)),
    ("a piece of 2^32-1", request(.max, 0, 16_384)),
    ("an offset beyond the piece", request(0, 32_768, 1)),
    ("an offset that overflows", request(0, .max, .max)),
    ("a block across the piece's end", request(2, 4_000, 16_384)),
    ("an empty block", request(0, 0, 0)),
    ("a block longer than any client asks for", request(0, 0, 131_073)),
    ("a cancel out of range", ScriptedPeer.encoded([.cancel(Block(piece: 9, offset: 0, length: 1))])),
    ("a have out of range", ScriptedPeer.encoded([.have(3)])),
    ("a bitfield that is too long", ScriptedPeer.encoded([.bitfield(ByteBuffer(bytes: [0, 0]))])),
    ("a bitfield that is too short", ScriptedPeer.encoded([.bitfield(ByteBuffer())])),
    ("a bitfield with a spare bit", ScriptedPeer.encoded([.bitfield(ByteBuffer(bytes: [0x01]))])),
    ("a flood of bitfields", ScriptedPeer.encoded((0..<1_000).map { _ in .bitfield(ByteBuffer(bytes: [0x80])) })),
    ("a piece that nobody asked for", ScriptedPeer.encoded([.piece(PieceData(piece: 0, offset: 0, bytes: ByteBuffer(bytes: [1])))])),
    ("a reject of nothing", ScriptedPeer.encoded([.reject(Block(piece: 0, offset: 0, length: 16_384))])),
    ("a suggestion out of range", ScriptedPeer.encoded([.suggest(99)])),
    ("an extended message before the handshake", ScriptedPeer.encoded([.extended(id: 1, ByteBuffer())])),
    ("an extended handshake that is no bencode", ScriptedPeer.encoded([.extended(id: 0, ByteBuffer(string: "d1:m"))])),
    ("an extended handshake that is a list", ScriptedPeer.encoded([.extended(id: 0, ByteBuffer(string: "le"))])),
    (
      "an extended message that we did not announce",
      ScriptedPeer.encoded([.extended(id: 0, ByteBuffer(string: "de")), .extended(id: 200, ByteBuffer())])
    ),
    (
      "a donthave of three bytes",
      ScriptedPeer.encoded([.extended(id: 0, ByteBuffer(string: "de")), .extended(id: 1, ByteBuffer(bytes: [0, 0, 0]))])
    ),
    ("an unknown message", ScriptedPeer.encoded([.unknown(id: 200, ByteBuffer(bytes: [1, 2, 3]))])),
    ("an unknown message of 1 MiB", frame(1 << 20, [200])),
    (
      "a hash request on a v1 torrent",
      ScriptedPeer.encoded([.hashRequest(HashRequest(piecesRoot: .zero, baseLayer: 0, index: 0, length: 2, proofLayers: 0))])
    ),
    ("a flood of keep-alives", [UInt8](repeating: 0, count: 4 * 1_000)),
    ("a flood of interest", ScriptedPeer.encoded((0..<1_000).map { $0 % 2 == 0 ? .interested : .notInterested })),
  ]

  @Test(arguments: bad.map(\.name), [false, true])
  func badMessagesCloseTheirConnectionAlone(name: String, isDripped: Bool) async throws {
    let bytes = try #require(Self.bad.first { $0.name == name }).bytes
    let artifact = try TestArtifact()
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      let bystander = try await rig.leecher(artifact)
      let peer = try await rig.leecher(artifact)
      if isDripped, bytes.count < 200 {
        // The link may be gone before the last byte.
        for byte in bytes { try? await peer.send(bytes: [byte]) }
      } else {
        try? await peer.send(bytes: bytes)
      }
      try await peer.end()
      let rows = try await rig.rows { $0.operation == "protocol" }
      #expect(rows.count == 1)
      let row = try #require(rows.first)
      #expect(row.verdict == "close" && row.plugin == "engine" && row.address == peer.address && row.artifact == "app")
      #expect(!row.reason.isEmpty)
      #expect(try await bystander.isAlive(artifact))
      try await rig.connections(1)
    }
  }

  @Test
  func aLaterBitfieldReplacesTheFormer() async throws {
    let artifact = try TestArtifact()
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      try await peer.send(.haveAll, .bitfield(ByteBuffer(bytes: [0x80])))
      try await eventually("one piece") { await rig.engine.peers().first?.peerPieces == 1 ? () : nil }
      #expect(try await peer.isAlive(artifact))
      #expect(rig.refusals.isEmpty)
    }
  }

  @Test
  func goodMessagesMayBeDripped() async throws {
    let artifact = try TestArtifact()
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      let peer = try await rig.peer(artifact)
      try await peer.drip(.extended(id: 0, ByteBuffer(string: "d1:md11:ut_metadatai3eee")), .haveNone, .interested)
      try await peer.wait(for: .unchoke)
      let last = try #require(artifact.blocks.last)
      try await peer.drip(.request(last))
      #expect(try await peer.block(last) == artifact.bytes(of: last))
      #expect(rig.refusals.isEmpty)
    }
  }

  @Test
  func randomBytesAfterTheHandshakeNeverHarmAnybodyElse() async throws {
    let artifact = try TestArtifact()
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      let bystander = try await rig.leecher(artifact)
      var random = SeededGenerator(seed: 42)
      for _ in 0..<40 {
        let peer = try await rig.peer(artifact)
        // Frames of honest lengths with any id and any content.
        for _ in 0..<20 {
          let length = Int.random(in: 1...40, using: &random)
          try? await peer.send(bytes: Self.frame(UInt32(length), random.bytes(length)))
        }
        try await peer.close()
      }
      #expect(try await bystander.isAlive(artifact))
      try await rig.connections(1)
    }
  }

  @Test
  func aPeerThatClosesInTheMiddleIsNoMatterForTheJournal() async throws {
    let artifact = try TestArtifact()
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      try await peer.send(bytes: [0, 0, 0])
      try await peer.close()
      try await rig.connections(0)
      #expect(rig.refusals.isEmpty)
    }
  }
}
