import Control
import Engine
import Foundation
import Inventory
import Metainfo
import NIOCore
import PeerProtocol
import Storage
import Synchronization
import TestSupport
import Testing

@testable import GranaryNode

@Suite(.timeLimit(.minutes(10)))
struct ScrubTests {
  private static let often = "{ every: 1m, rate: 1 GiB/s }"

  /// Stores evidence of so long ago, for the files as they are now, whatever they hold.
  private func age(_ artifact: NodeArtifact, by seconds: Int64, _ rig: NodeRig) throws {
    let holding = try rig.node.database.holding(of: artifact.id)
    var identities: [Int: FileIdentity] = [:]
    for file in holding.files { identities[file.index] = FileIdentity.of(path: holding.artifact.dataRoot + "/" + file.path) }
    let pieces = Bitfield(count: holding.artifact.pieceCount, filled: true)
    let at = Timestamp.now().advanced(by: .zero - .seconds(seconds))
    let evidence = Evidence(pieces: pieces, verifiedAt: at, method: .hashed)
    try rig.node.database.record(Verification(identities: identities, evidence: evidence, state: .ready), of: artifact.id, at: .now())
    try rig.node.putInService(try rig.node.database.holding(of: artifact.id))
  }

  @Test
  func theOldestEvidenceIsWonAnewFirstAndPeersDoNotNotice() async throws {
    try await NodeRig.run(scrub: Self.often) { rig in
      let artifacts = [try rig.publish("one"), try rig.publish("two"), try rig.publish("three")]
      try age(artifacts[0], by: 100, rig)
      try age(artifacts[1], by: 1_000, rig)
      let peer = try await rig.leecher(artifacts[1]).peer
      #expect(try rig.node.scrubDocument().artifactsDue == 2)
      let limit = Timestamp.now().advanced(by: .zero - .seconds(60))
      #expect(try rig.node.database.evidenceAge(before: limit).oldest?.id == artifacts[1].id)
      _ = try await rig.steps("nothing is due") { try rig.node.scrubDocument().artifactsDue == 0 ? () : nil }
      _ = try await rig.steps("an end") { rig.node.care.withLock { $0.scrub.isRunning } ? nil : () }
      let document = try rig.node.scrubDocument()
      #expect(document.artifactsVerified == 2 && document.bytesVerified == 480_000 && document.artifactsDamaged == 0)
      #expect(document.oldestEvidence != nil && document.current == nil)
      #expect(try await peer.gets(artifacts[1].block(), of: artifacts[1]))
      for artifact in artifacts { #expect(try rig.artifact(artifact).state == .ready) }
    }
  }

  @Test
  func aPieceThatRottedOnDiskIsFoundNamedAndServedNoMore() async throws {
    try await NodeRig.run(scrub: Self.often) { rig in
      let (app, other) = (try rig.publish("app"), try rig.publish("other"))
      let bystander = try await rig.leecher(other).peer
      // A disk that loses bits changes no times: the evidence is made to fit the file as it is.
      try await rig.shell("printf xyz | dd of=data/app/a.bin seek=70000 bs=1 conv=notrunc status=none")
      try age(app, by: 1_000, rig)
      let (peer, have) = try await rig.leecher(app)
      #expect(have == .haveAll)
      let reason = try await rig.steps("the damage is found") {
        try rig.artifact(app).stateReason.contains("piece 2 does not verify") ? rig.artifact(app).stateReason : nil
      }
      #expect(reason.contains("7 of 8 pieces verify") && reason.contains("data/app/a.bin at byte 65536"), "\(reason)")
      try await peer.end()
      _ = try await rig.back(app)
      guard case .bitfield(let bytes) = try await rig.leecher(app).have else {
        Issue.record("a whole artifact")
        return
      }
      #expect(bytes.readableBytesView.first == 0b1101_1111)
      let rows = try rig.journal().filter { $0.entry.artifact == "app" }
      #expect(rows.contains { $0.entry.verdict == "close" && $0.entry.reason?.hasPrefix("damaged on disk: ") == true })
      #expect(try rig.node.scrubDocument().artifactsDamaged == 1)
      #expect(try await bystander.gets(other.block(), of: other))
      // `granary verify` says the same.
      let found = try rig.node.read(try rig.node.database.holding(of: app.id), isCancelled: { false })
      #expect(found.problem == reason)
    }
  }

  @Test
  func outsideOfItsHoursAndWhenToldNeverNothingIsRead() async throws {
    // A window of one minute, twelve hours away.
    var now = time(nil)
    var local = tm()
    localtime_r(&now, &local)
    let hour = (Int(local.tm_hour) + 12) % 24
    let window = "\(hour < 10 ? "0" : "")\(hour):00-\(hour < 10 ? "0" : "")\(hour):01"
    for scrub in ["{ every: 1m, between: [\"\(window)\"] }", "{ every: never }"] {
      try await NodeRig.run(scrub: scrub) { rig in
        let app = try rig.publish("app")
        try age(app, by: 1_000_000, rig)
        for _ in 0..<100 { try await rig.step() }
        #expect(rig.node.care.withLock { $0.scrub.artifacts == 0 && !$0.scrub.isRunning && $0.scrub.bytes == 0 })
      }
    }
  }
}
