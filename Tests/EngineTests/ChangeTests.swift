import Glibc
import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Engine

/// Files that another program changes while a peer takes them.
struct ChangeTests {
  @Test
  func anotherProgramThatOpensAFileForWritingEndsItsPeersAtOnceAndNoOthers() async throws {
    let leases = LeaseKeeper()
    let artifact = try TestArtifact(["a.bin": 400_000], leases: leases)
    let other = try TestArtifact(id: 2, name: "other", leases: leases)
    try await EngineRig.run([artifact.seeded(), other.seeded()]) { rig async throws in
      let bystander = try await rig.leecher(other)
      let peer = try await rig.leecher(artifact)
      #expect(try await peer.isAlive(artifact))
      try #require(leases.counts.held == 1, "no leases here")
      // Nothing is asked for and the clock stands still: the news is the lease's alone.
      try await ProcessRunner("sh", ["-c", "exec 3<>\"$0\"", artifact.folder.path("app/a.bin")]).output()
      try await peer.end()
      let failure = try await eventually("the delegate's word") { rig.delegate.failures.first }
      #expect(failure.id == 1 && failure.error == .openedForWriting(path: artifact.folder.path("app/a.bin")))
      #expect(rig.delegate.failures.count == 1)
      #expect(try await bystander.isAlive(other))
      // Nothing was written: it can be served again as it is.
      rig.engine.add(artifact.seeded())
      #expect(try await rig.leecher(artifact).isAlive(artifact))
    }
  }

  @Test(arguments: [true, false])
  func noBlockOfAFileThatIsOverwrittenGoesOut(isLeased: Bool) async throws {
    let artifact = try TestArtifact(["a.bin": 4 << 20], leases: isLeased ? LeaseKeeper() : nil)
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      #expect(try await peer.isAlive(artifact))
      let path = artifact.folder.path("app/a.bin")
      // The whole file is overwritten while the peer asks for all of it.
      async let writing = ProcessRunner(
        "sh", ["-c", "head -c 4194304 /dev/zero | dd of=\"$0\" bs=65536 conv=notrunc status=none", path]
      ).output()
      // Which may fail: the link is closed as soon as the change is seen.
      for _ in 0..<4 { try? await peer.send(bytes: ScriptedPeer.encoded(artifact.blocks.map { .request($0) })) }
      let messages = try await peer.end()
      _ = try await writing
      let blocks = messages.compactMap { if case .piece(let data) = $0 { data } else { nil } }
      for data in blocks {
        let isRight = Array(data.bytes.readableBytesView) == artifact.bytes(of: data.block)
        #expect(isRight, "\(data.block) is not the artifact's")
      }
      #expect(try await eventually("the delegate's word") { rig.delegate.failures.first }.id == 1)
    }
  }

  @Test
  func aLookThatFindsWhatNoBatchHasFoundSaysThatBlocksMayBeWrong() async throws {
    let artifact = try TestArtifact(["a.bin": 400_000])
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      #expect(try await peer.isAlive(artifact))
      try await ProcessRunner("sh", ["-c", "printf x >> \"$0\"", artifact.folder.path("app/a.bin")]).output()
      await rig.engine.tick()
      try await peer.end()
      let rows = try await rig.rows { $0.verdict == "doubt" }
      #expect(rows.first?.artifact == "app" && rows.first?.operation == "storage")
      #expect(rows.first?.reason.contains("400001 bytes long, not 400000") == true)
    }
  }

  @Test
  func whileOneLookWaitsForItsDiskThereIsNoOther() async throws {
    let artifact = try TestArtifact()
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      #expect(try await peer.isAlive(artifact))
      let swarm = try #require(rig.engine.core.swarms[1])
      let blockade = DiskBlockade(rig.engine.core.disk, artifact.reader.device)
      defer { blockade.lift() }
      await rig.engine.tick()
      let (isLooking, isDueAgain) = (swarm.isBeingLookedAt.load(ordering: .relaxed), swarm.isActive.load(ordering: .relaxed))
      #expect(isLooking && !isDueAgain)
      // Blocks that go out now are for the next look, which is not asked for yet.
      swarm.isActive.store(true, ordering: .relaxed)
      await rig.engine.tick()
      let isStillDue = swarm.isActive.load(ordering: .relaxed)
      #expect(isStillDue)
      blockade.lift()
      try await eventually("the end of the look") { swarm.isBeingLookedAt.load(ordering: .relaxed) ? nil : () }
      await rig.engine.tick()
      let isDueAtLast = swarm.isActive.load(ordering: .relaxed)
      #expect(!isDueAtLast)
    }
  }
}
