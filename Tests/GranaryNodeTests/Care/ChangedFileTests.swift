import Engine
import Foundation
import Inventory
import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import Storage
import Synchronization
import TestSupport
import Testing

@testable import GranaryNode

/// A way in which somebody changes an artifact's files, and how it is undone. Words for a shell in the folder above `data`.
struct FileChange: Sendable, CustomTestStringConvertible {
  let name: String
  let words: String
  let undo: String
  let state: ArtifactState
  /// A part of the reason that people read.
  let reason: String
  /// Whether the files are then what they were, so that nothing need be read.
  var isUnread = false

  var testDescription: String { name }

  static let all = [
    FileChange(
      name: "truncated", words: "cp data/app/a.bin keep; dd if=/dev/null of=data/app/a.bin bs=1 seek=1000 status=none",
      undo: "cat keep > data/app/a.bin",
      state: .changed, reason: "a.bin"),
    FileChange(
      name: "appended to", words: "printf x >> data/app/a.bin", undo: "truncate -s 200000 data/app/a.bin",
      state: .changed, reason: "a.bin"),
    FileChange(
      name: "overwritten in place",
      words: "cp data/app/a.bin keep; printf xyz | dd of=data/app/a.bin seek=100 bs=1 conv=notrunc status=none",
      undo: "cat keep > data/app/a.bin", state: .changed, reason: "a.bin"),
    FileChange(
      name: "deleted", words: "cp data/app/a.bin keep; rm data/app/a.bin", undo: "cp keep data/app/a.bin", state: .missing,
      reason: "a.bin: no such file"),
    FileChange(
      name: "replaced by rename", words: "cp data/app/a.bin keep; head -c 200000 /dev/zero > new; mv new data/app/a.bin",
      undo: "mv keep data/app/a.bin", state: .changed, reason: "another file stands in its place"),
    FileChange(
      name: "its folder renamed", words: "mv data/app data/elsewhere", undo: "mv data/elsewhere data/app", state: .missing,
      reason: "no such file or folder", isUnread: true),
    FileChange(
      name: "its permissions taken", words: "chmod 000 data/app/a.bin", undo: "chmod 644 data/app/a.bin", state: .changed,
      reason: "a.bin: changed: its inode was changed"),
  ]
}

@Suite(.timeLimit(.minutes(10)))
struct ChangedFileTests {
  @Test(arguments: FileChange.all)
  func aChangeWhileAPeerDownloadsIsFoundAndUndoneAndNothingWrongGoesOut(change: FileChange) async throws {
    try await NodeRig.run { rig in
      let (app, other) = (try rig.publish("app"), try rig.publish("other"))
      let bystander = try await rig.leecher(other).peer
      let peer = try await rig.leecher(app).peer
      #expect(try await peer.gets(app.block(1), of: app))
      try await rig.shell(change.words)
      // It goes on asking, block after block.
      for _ in 0..<3 { try? await peer.send(.request(app.block(0)), .request(app.block(2))) }
      await rig.node.engine.tick()
      for message in try await peer.end() {
        if case .piece(let data) = message { #expect(Array(data.bytes.readableBytesView) == app.bytes(data.block)) }
      }
      let out = try await rig.out(app)
      #expect(out.stateReason.contains("a.bin"), "\(out.stateReason)")
      #expect(try rig.journal().contains { $0.entry.artifact == "app" && $0.entry.verdict == "close" && $0.entry.plugin == "care" })
      #expect(try await bystander.gets(other.block(), of: other))
      try await rig.shell(change.undo)
      #expect(try await rig.back(app).verifiedPieces == app.torrent.layout.pieceCount)
      #expect(try await rig.leecher(app).peer.gets(app.block(), of: app))
      #expect(try rig.journal().contains { $0.entry.artifact == "app" && $0.entry.verdict == "allow" })
      #expect(try await bystander.gets(other.block(1), of: other))
    }
  }

  @Test(arguments: FileChange.all)
  func aChangeOfAnIdleArtifactIsFoundByThePatrol(change: FileChange) async throws {
    try await NodeRig.run { rig in
      let (app, other) = (try rig.publish("app"), try rig.publish("other"))
      let before = try rig.node.database.evidence(of: app.id)
      try await rig.shell(change.words)
      let out = try await rig.out(app)
      #expect(out.state == change.state && out.stateReason.contains(change.reason), "\(out.state): \(out.stateReason)")
      #expect(rig.isServing(other))
      try await rig.shell(change.undo)
      _ = try await rig.back(app)
      let after = try rig.node.database.evidence(of: app.id)
      #expect(after?.pieces.isFull == true)
      #expect((after?.verifiedAt == before?.verifiedAt) == change.isUnread)
      #expect(try await rig.leecher(app).peer.gets(app.block(), of: app))
    }
  }

  @Test
  func aFileThatIsOnlyOpenedForWritingIsServedAgainUnreadOnceItIsClosed() async throws {
    try await NodeRig.run { rig in
      let app = try rig.publish("app")
      let before = try rig.node.database.evidence(of: app.id)
      let peer = try await rig.leecher(app).peer
      #expect(try await peer.gets(app.block(), of: app))
      guard rig.node.cache.leases?.counts.held == 1 else { return }
      let writer = try #require(FileHandle(forUpdatingAtPath: rig.folder.path("data/app/a.bin")))
      try await peer.end()
      let out = try await rig.out(app)
      #expect(out.state == .changed && out.stateReason.hasSuffix("opened for writing by another program (lease broken)"))
      // As long as it is open it may be written to at any time.
      for _ in 0..<100 { try await rig.step() }
      #expect(!rig.isServing(app))
      try writer.close()
      _ = try await rig.back(app)
      #expect(try rig.node.database.evidence(of: app.id)?.verifiedAt == before?.verifiedAt)
      #expect(try await rig.leecher(app).peer.gets(app.block(), of: app))
    }
  }

  @Test
  func anArtifactThatIsDamagedForGoodIsServedAsFarAsItIsRight() async throws {
    try await NodeRig.run { rig in
      let app = try rig.publish("app")
      try await rig.shell("printf xyz | dd of=data/app/a.bin seek=40000 bs=1 conv=notrunc status=none")
      _ = try await rig.out(app)
      let back = try await rig.back(app)
      #expect(back.verifiedPieces == app.torrent.layout.pieceCount - 1)
      #expect(back.stateReason.contains("piece 1 does not verify") && back.stateReason.contains("a.bin at byte 32768"))
      let (peer, have) = try await rig.leecher(app)
      guard case .bitfield(let bytes) = have else {
        Issue.record("\(have) of an artifact in part")
        return
      }
      #expect(bytes.readableBytesView.first == 0b1011_1111)
      #expect(try await peer.gets(app.block(2), of: app))
    }
  }

  @Test
  func aFileThatIsMissingForGoodIsLeftOutAndTakenInWhenItIsBack() async throws {
    try await NodeRig.run { rig in
      let app = try rig.publish("app")
      try await rig.shell("mv data/app/b/c.bin keep")
      _ = try await rig.out(app)
      let part = try await rig.back(app)
      #expect(part.stateReason.contains("c.bin: no such file or folder"))
      #expect(try await rig.leecher(app).peer.gets(app.block(), of: app))
      try await rig.shell("mv keep data/app/b/c.bin")
      let whole = try await rig.steps("the whole artifact") {
        let now = try rig.artifact(app)
        return now.verifiedPieces == app.torrent.layout.pieceCount ? now : nil
      }
      #expect(whole.state == .ready && whole.stateReason == "" && rig.isServing(app))
    }
  }

  @Test
  func dataThatIsNotTheArtifactsIsReadOnceAndNotAgain() async throws {
    try await NodeRig.run { rig in
      let app = try rig.publish("app")
      try await rig.shell("head -c 200000 /dev/urandom > data/app/a.bin; head -c 40000 /dev/urandom > data/app/b/c.bin")
      _ = try await rig.out(app)
      let failed = try await rig.steps("a verdict") {
        let now = try rig.artifact(app)
        return now.state == .failed ? now : nil
      }
      #expect(failed.stateReason.hasPrefix("0 of 8 pieces verify"))
      for _ in 0..<400 { try await rig.step(.seconds(10)) }
      #expect(try rig.artifact(app).stateAt == failed.stateAt, "it was read again")
    }
  }

  @Test
  func whatWasFoundOfAnArtifactThatWasRemovedOrChangedMeanwhileIsLeftOut() async throws {
    try await NodeRig.run { rig in
      let (app, gone) = (try rig.publish("app"), try rig.publish("gone"))
      let (before, lost) = (try rig.node.database.holding(of: app.id), try rig.node.database.holding(of: gone.id))
      let (stale, orphan) = (try rig.node.read(before, isCancelled: { false }), try rig.node.read(lost, isCancelled: { false }))
      try await rig.shell("mkdir data/new; cp -r data/app data/new/app")
      let moved = Publisher(roots: RootsPolicy(roots: [rig.folder.path("data")]), paths: rig.node.paths, threads: 1).verify(
        stale.torrent, stale.torrentBytes, torrentPath: nil, name: "app", root: rig.folder.path("data/new"), paths: nil, labels: [:],
        isPublished: true)
      #expect(try rig.node.keep(moved).artifact.dataRoot == rig.folder.path("data/new"))
      try rig.node.database.remove(gone.id)
      #expect(try rig.node.update(before, with: stale) == nil)
      #expect(throws: Failure.self) { try rig.node.update(stale) }
      #expect(try rig.artifact(app).dataRoot == rig.folder.path("data/new") && rig.isServing(app))
      #expect(try rig.node.update(lost, with: orphan) == nil)
      #expect(throws: Failure.self) { try rig.node.update(orphan) }
      #expect(try rig.node.database.artifacts().map(\.id) == [app.id])
    }
  }

  @Test
  func whatIsInServiceIsNotPutInServiceAgainForBeingInTheBook() async throws {
    try await NodeRig.run { rig in
      let app = try rig.publish("app")
      let peer = try await rig.leecher(app).peer
      rig.node.takeCare(of: [app.id], now: rig.clock.now)
      _ = try await rig.steps("an empty book") { rig.node.care.withLock { $0.book.count } == 0 ? () : nil }
      #expect(try await peer.gets(app.block(), of: app))
    }
  }

  @Test
  func whatIsReadyAndNotServedIsServedByThePatrol() async throws {
    try await NodeRig.run { rig in
      let app = try rig.publish("app")
      rig.node.takeOutOfService(app.id, reason: "a test")
      #expect(!rig.isServing(app))
      _ = try await rig.back(app)
    }
  }

  @Test
  func whatAnOperatorsVerificationTookOutIsLookedAfter() async throws {
    try await NodeRig.run { rig in
      let app = try rig.publish("app")
      try await rig.shell("mv data/app data/elsewhere")
      let found = try rig.node.read(try rig.node.database.holding(of: app.id), isCancelled: { false })
      #expect(try rig.node.update(Found(found.submission)).state == .missing)
      #expect(rig.node.care.withLock { $0.book.contains(app.id) })
      try await rig.shell("mv data/elsewhere data/app")
      _ = try await rig.back(app)
    }
  }
}
