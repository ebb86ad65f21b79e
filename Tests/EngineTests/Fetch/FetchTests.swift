import Metainfo
import PeerProtocol
import PluginKit
import Storage
import TestSupport
import Testing

@testable import Engine

/// One engine fetches from others over loopback.
@Suite struct FetchTests {
  @Test(arguments: [TorrentVersion.v1, .hybrid, .v2])
  func `an artifact is fetched from a seed, and lies in its place`(version: TorrentVersion) async throws {
    let artifact = try TestArtifact(["a.bin": 300_000, "b/c.bin": 100_001, "b/empty": 0], version: version)
    let target = try FetchTarget(artifact)
    try await EngineRig.run([artifact.seeded()]) { seed in
      try await EngineRig.run([], settings: EngineRig.settings { $0.dials = true }, peerID: 2) { rig in
        #expect(try rig.engine.fetch(target.order()) == .begun(held: 0))
        rig.engine.dial(seed.address, artifact: target.id, isStatic: true)
        let end = try await rig.finishFetch(target.id)
        #expect(end.stage == .complete)
        #expect(end.bytesLeft == 0 && end.held == artifact.layout.pieceCount && end.wasted == 0)
        #expect(try target.isWhole())
        #expect(rig.engine.missing(of: target.id) == 0)
      }
    }
  }

  @Test func `what is there is served while the rest is fetched, and a stock peer hears of each piece`() async throws {
    let artifact = try TestArtifact(["a.bin": 200_000])
    let target = try FetchTarget(artifact)
    let half = Bitfield(count: artifact.layout.pieceCount, pieces: [0, 1, 2])
    try await EngineRig.run([artifact.seeded(have: half)]) { seed in
      try await EngineRig.run([], settings: EngineRig.settings { $0.dials = true }, peerID: 2) { rig in
        _ = try rig.engine.fetch(target.order())
        let leecher = try await rig.peer(artifact)
        rig.engine.dial(seed.address, artifact: target.id, isStatic: true)
        _ = try await eventually("three pieces") {
          await rig.engine.tick()
          return rig.engine.fetchSnapshot(of: target.id)?.held == 3 ? () : nil
        }
        var heard: Set<UInt32> = []
        while heard.count < 3 {
          heard.insert(
            try await leecher.next("a have") { message in if case .have(let piece) = message { piece } else { nil } })
        }
        #expect(heard == [0, 1, 2])
        try await leecher.send(.interested)
        try await leecher.wait(for: .unchoke)
        let block = artifact.blocks[2]
        #expect(try await leecher.fetch([block]) == [artifact.bytes(of: block)])
      }
    }
  }

  @Test func `a fetch goes on from what an earlier run has left`() async throws {
    let artifact = try TestArtifact(["a.bin": 200_000])
    let target = try FetchTarget(artifact)
    let half = Bitfield(count: artifact.layout.pieceCount, pieces: [1, 3])
    try await EngineRig.run([artifact.seeded(have: half)]) { seed in
      try await EngineRig.run([], settings: EngineRig.settings { $0.dials = true }, peerID: 2) { rig in
        _ = try rig.engine.fetch(target.order())
        rig.engine.dial(seed.address, artifact: target.id, isStatic: true)
        _ = try await eventually("two pieces") {
          await rig.engine.tick()
          return rig.engine.fetchSnapshot(of: target.id)?.held == 2 ? () : nil
        }
      }
    }
    try await EngineRig.run([artifact.seeded()]) { seed in
      try await EngineRig.run([], settings: EngineRig.settings { $0.dials = true }, peerID: 2) { rig in
        #expect(try rig.engine.fetch(target.order()) == .begun(held: 2))
        rig.engine.dial(seed.address, artifact: target.id, isStatic: true)
        let end = try await rig.finishFetch(target.id)
        #expect(end.stage == .complete)
        #expect(end.downloaded < 200_000 - 32_768)
        #expect(try target.isWhole())
      }
    }
  }

  @Test func `chosen files alone get into their place`() async throws {
    let artifact = try TestArtifact(["a.bin": 100_000, "b.bin": 100_000, "c.bin": 100_000])
    let target = try FetchTarget(artifact)
    try await EngineRig.run([artifact.seeded()]) { seed in
      try await EngineRig.run([], settings: EngineRig.settings { $0.dials = true }, peerID: 2) { rig in
        _ = try rig.engine.fetch(target.order(files: [1]))
        rig.engine.dial(seed.address, artifact: target.id, isStatic: true)
        #expect(try await rig.finishFetch(target.id).stage == .complete)
        #expect(try target.folder.read("app/b.bin") == artifact.folder.read("app/b.bin"))
        #expect(try target.folder.entries("app") == ["b.bin"])
      }
    }
  }

  @Test func `two that lack different halves complete each other`() async throws {
    let artifact = try TestArtifact(["a.bin": 400_000])
    let targets = [try FetchTarget(artifact), try FetchTarget(artifact)]
    let count = artifact.layout.pieceCount
    let halves = [0, 1].map { part in Bitfield(count: count, pieces: (0..<count).filter { $0 % 2 == part }) }
    try await EngineRig.run([artifact.seeded(have: halves[0])], peerID: 3) { first in
      try await EngineRig.run([artifact.seeded(have: halves[1])], peerID: 4) { second in
        try await EngineRig.run([], settings: EngineRig.settings { $0.dials = true }, peerID: 1) { one in
          try await EngineRig.run([], settings: EngineRig.settings { $0.dials = true }, peerID: 2) { two in
            _ = try one.engine.fetch(targets[0].order())
            _ = try two.engine.fetch(targets[1].order())
            one.engine.dial(first.address, artifact: targets[0].id, isStatic: true)
            two.engine.dial(second.address, artifact: targets[1].id, isStatic: true)
            // Each knows of the other: one connection of the two stays.
            one.engine.dial(two.address, artifact: targets[0].id, isStatic: true)
            two.engine.dial(one.address, artifact: targets[1].id, isStatic: true)
            async let other = two.finishFetch(targets[1].id)
            #expect(try await one.finishFetch(targets[0].id).stage == .complete)
            #expect(try await other.stage == .complete)
            #expect(try targets.allSatisfy { try $0.isWhole() })
          }
        }
      }
    }
  }
}
