import Engine
import Foundation
import Glibc
import Inventory
import Metainfo
import NIOCore
import PeerProtocol
import Storage
import TestSupport
import Testing

@testable import GranaryNode

/// Mounts that vanish and disks that cannot be read.
@Suite(.enabled("nothing may be mounted here") { MountNamespace.isPermitted }, .timeLimit(.minutes(10)))
struct LostDiskTests {
  @Test
  func aMountOfManyArtifactsThatVanishesIsOneEventAndComesBackUnread() async throws {
    try await NodeRig.run { rig in
      try await rig.shell("mkdir -p store data/mount; mount --bind store data/mount")
      do {
        let kept = try rig.publish("kept")
        var lost: [NodeArtifact] = []
        for index in 0..<40 { lost.append(try rig.publish("m\(index)", length: 40_000, below: "data/mount")) }
        let peer = try await rig.leecher(lost[0]).peer
        #expect(try await peer.gets(lost[0].block(), of: lost[0]))
        let evidence = try rig.node.database.evidence(of: lost[3].id)
        try await rig.shell("umount -l data/mount")
        for artifact in lost { #expect(try await rig.out(artifact).state == .missing) }
        #expect(rig.isServing(kept))
        // Nothing is read, however long it lasts: nobody can say anything about the data.
        for _ in 0..<100 { try await rig.step(.seconds(3)) }
        #expect(try rig.node.database.evidence(of: lost[3].id) == evidence)
        let rows = try rig.journal().filter { $0.entry.verdict == "close" }
        #expect((2...12).contains(rows.count), "\(rows.count) rows")
        #expect(rows.contains { $0.entry.reason?.contains("more artifacts out of service") == true })
        try await rig.shell("mount --bind store data/mount")
        for artifact in lost { _ = try await rig.back(artifact) }
        #expect(try rig.node.database.evidence(of: lost[3].id)?.verifiedAt == evidence?.verifiedAt)
        #expect(try await rig.leecher(lost[7]).peer.gets(lost[7].block(), of: lost[7]))
      } catch {
        _ = try? await rig.shell("umount -l data/mount")
        throw error
      }
      try await rig.shell("umount -l data/mount")
    }
  }

  @Test
  func aVerificationOfWhatIsNotThereKeepsTheEvidence() async throws {
    try await NodeRig.run { rig in
      let app = try rig.publish("app")
      let before = try rig.node.database.holding(of: app.id)
      try await rig.shell("mv data/app data/elsewhere")
      let found = try rig.node.read(before, isCancelled: { false })
      #expect(found.obstacle == .absent && found.pieces.isEmpty)
      // As `granary verify` hands it over.
      #expect(try rig.node.keep(Found(found.submission)).artifact.state == .missing)
      #expect(!rig.isServing(app))
      #expect(try rig.node.database.holding(of: app.id).evidence == before.evidence)
    }
  }

  /// A file system on a loop device, the end of which is cut off: reading there is an I/O error.
  @Test(
    .enabled("no loop devices or no mkfs.ext4 here") { MountNamespace.isLoopPermitted })
  func sectorsThatCannotBeReadTakeTheArtifactOutAndTheRestIsServed() async throws {
    try await NodeRig.run { rig in
      try await rig.shell(
        """
        truncate -s 24M image; mkfs.ext4 -q -O ^has_journal image; mkdir -p data/disk; mount -o loop image data/disk
        """)
      do {
        let (kept, app) = (try rig.publish("kept"), try rig.publish("app", length: 16 << 20, below: "data/disk"))
        let bystander = try await rig.leecher(kept).peer
        // Written, out of the page cache, and the disk's end gone.
        try await rig.shell(
          """
          sync data/disk/app/a.bin; truncate -s 12M image
          dd if=data/disk/app/a.bin iflag=nocache count=0 status=none
          """)
        let (peer, have) = try await rig.leecher(app)
        #expect(have == .haveAll)
        for piece in stride(from: UInt32(511), to: 0, by: -16) { try? await peer.send(.request(app.block(piece))) }
        for message in try await peer.end() {
          if case .piece(let data) = message { #expect(Array(data.bytes.readableBytesView) == app.bytes(data.block)) }
        }
        let out = try await rig.out(app)
        #expect(out.state == .failed || out.state == .verifying)
        #expect(try rig.journal().contains { $0.entry.reason?.contains("cannot read at byte") == true })
        let part = try await rig.back(app)
        let verified = try #require(part.verifiedPieces)
        #expect(verified > 0 && verified < app.torrent.layout.pieceCount, "\(verified)")
        #expect(part.stateReason.contains("cannot read at byte") && part.stateReason.contains("Input/output error"))
        #expect(try await bystander.gets(kept.block(), of: kept))
      } catch {
        _ = try? await rig.shell("umount -l data/disk")
        throw error
      }
      try await rig.shell("umount -l data/disk")
    }
  }
}
