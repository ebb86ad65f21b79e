import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import Storage
import TestSupport
import Testing

@testable import Engine

/// Data that an operator brings along.
@Suite struct UploadTests {
  /// The pieces' bytes one after the other, as an operator would send them.
  private func data(_ artifact: TestArtifact) throws -> [UInt8] {
    let layout = artifact.layout
    var bytes = [UInt8](repeating: 0, count: layout.pieceCount * layout.pieceLength)
    for (index, file) in layout.files.enumerated() where !file.isPadding && file.length > 0 {
      let content = try artifact.folder.read("\(artifact.torrent.name)/\(file.displayPath)")
      bytes.replaceSubrange(Int(layout.fileOffsets[index])..<Int(layout.fileOffsets[index]) + content.count, with: content)
    }
    return bytes
  }

  @Test(arguments: [TorrentVersion.v1, .hybrid, .v2])
  func `an artifact is whole once all its parts were sent, in whatever order and sizes`(version: TorrentVersion) async throws {
    let artifact = try TestArtifact(["a.bin": 300_000, "b/c.bin": 100_001, "b/empty": 0], version: version)
    let (target, bytes) = (try FetchTarget(artifact), try data(artifact))
    try await EngineRig.run([]) { rig in
      #expect(rig.engine.receive(upload: ByteBuffer(bytes: bytes), at: 0, of: target.id, from: "ci") == .unknown)
      _ = try rig.engine.fetch(target.order())
      let half = bytes.count / 2 / 16_384 * 16_384
      // A part that ends amid a block, one that begins where that block does, and one that was there already.
      #expect(rig.engine.receive(upload: ByteBuffer(bytes: bytes[half...]), at: Int64(half), of: target.id, from: "ci") != .unknown)
      _ = rig.engine.receive(upload: ByteBuffer(bytes: bytes[..<(half - 5)]), at: 0, of: target.id, from: "ci")
      _ = rig.engine.receive(upload: ByteBuffer(bytes: bytes[(half - 16_384)..<half]), at: Int64(half - 16_384), of: target.id, from: "ci")
      let end = try await rig.finishFetch(target.id)
      #expect(end.stage == .complete && end.failedPieces == 0)
      #expect(try target.isWhole())
      #expect(rig.engine.receive(upload: ByteBuffer(bytes: bytes), at: 0, of: target.id, from: "ci") == .unknown)
    }
  }

  @Test func `who sends what is wrong is refused, and nothing wrong is kept`() async throws {
    let artifact = try TestArtifact(["a.bin": 200_000])
    let (target, bytes) = (try FetchTarget(artifact), try data(artifact))
    let wrong = bytes.enumerated().map { $0.offset == 20_000 ? $0.element ^ 1 : $0.element }
    try await EngineRig.run([]) { rig in
      _ = try rig.engine.fetch(target.order())
      _ = rig.engine.receive(upload: ByteBuffer(bytes: wrong), at: 0, of: target.id, from: "ci")
      let reason = try await eventually("the refusal") {
        await rig.engine.tick()
        if case .refused(let reason) = rig.engine.receive(upload: ByteBuffer(bytes: bytes), at: 0, of: target.id, from: "ci") {
          return reason
        }
        return nil
      }
      #expect(!reason.isEmpty && rig.engine.fetchSnapshot(of: target.id)?.failedPieces == 1)
      // Somebody else may send it.
      _ = rig.engine.receive(upload: ByteBuffer(bytes: bytes), at: 0, of: target.id, from: "other")
      #expect(try await rig.finishFetch(target.id).stage == .complete)
      #expect(try target.isWhole())
    }
  }

  @Test func `a paused artifact takes nothing`() async throws {
    let artifact = try TestArtifact(["a.bin": 200_000])
    let (target, bytes) = (try FetchTarget(artifact), try data(artifact))
    try await EngineRig.run([]) { rig in
      _ = try rig.engine.fetch(target.order())
      #expect(rig.engine.pause(target.id) == .done)
      #expect(rig.engine.receive(upload: ByteBuffer(bytes: bytes), at: 0, of: target.id, from: "ci") == .later(reason: "it is paused"))
      #expect(rig.engine.resume(target.id) == .done)
      #expect(rig.engine.receive(upload: ByteBuffer(bytes: bytes), at: 0, of: target.id, from: "ci") == .taken(bytes: 200_000))
      #expect(try await rig.finishFetch(target.id).stage == .complete)
    }
  }

  @Test func `parts beyond the end, of nothing, or at impossible places are nothing`() throws {
    let layout = try TestArtifact(["a.bin": 40_000]).layout
    let all = Bitfield(count: layout.pieceCount, filled: true)
    for (count, offset) in [
      (0, 0), (40_000, Int64(layout.pieceCount * layout.pieceLength)), (40_000, Int64.max), (40_000, -16_384), (10, 0),
    ] {
      #expect(UploadPart(ByteBuffer(repeating: 0, count: count), at: Int64(offset)).runs(of: layout, lacking: all).isEmpty)
    }
    #expect(
      UploadPart(ByteBuffer(repeating: 0, count: 40_000), at: 0).runs(of: layout, lacking: Bitfield(count: layout.pieceCount)).isEmpty)
  }
}
