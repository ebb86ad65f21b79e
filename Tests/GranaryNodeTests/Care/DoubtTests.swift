import Foundation
import Inventory
import Metainfo
import Storage
import TestSupport
import Testing

@testable import GranaryNode

/// What changed while no node ran: nothing of it is served before it was read, one is read after the other, each is served at its end.
@Suite(.timeLimit(.minutes(10)))
struct DoubtTests {
  /// The files are other ones by their times, long ago, and hold what they held.
  private func doubt(_ artifact: NodeArtifact, _ rig: NodeRig) throws {
    let path = rig.folder.path("\(artifact.folder)/a.bin")
    try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1_000_000)], ofItemAtPath: path)
    rig.node.takeOut([(artifact.id, .changed(path: path, what: "while nobody looked"))], now: rig.clock.now)
  }

  @Test func oneIsReadAfterTheOtherAtTheRateAndServedAtItsEnd() async throws {
    // Three of 240,000 bytes at this rate are two seconds and more; of the clock of the machine, for a rate is one.
    try await NodeRig.run(scrub: "{ every: never, verify-rate: 256 KiB/s }") { rig in
      let artifacts = [try rig.publish("one"), try rig.publish("two"), try rig.publish("three")]
      for artifact in artifacts { try doubt(artifact, rig) }
      #expect(artifacts.allSatisfy { !rig.isServing($0) })
      let began = ContinuousClock.now
      // All are asked for at once.
      try await rig.step()
      try await rig.step()
      var order: [NodeArtifact] = []
      for artifact in artifacts {
        _ = try await rig.back(artifact)
        order.append(artifact)
        let served = artifacts.count { rig.isServing($0) }
        #expect(served <= order.count + 1, "they are served together")
      }
      let took = ContinuousClock.now - began
      #expect(took > .seconds(1.8), "\(took)")
      for artifact in artifacts {
        #expect(try await rig.leecher(artifact).peer.gets(artifact.block(), of: artifact))
      }
    }
  }

  @Test func theRateMayBeUnlimited() async throws {
    try await NodeRig.run(scrub: "{ every: never, verify-rate: unlimited }") { rig in
      let app = try rig.publish("app", length: 4 << 20)
      try doubt(app, rig)
      _ = try await rig.back(app)
      #expect(try await rig.leecher(app).peer.gets(app.block(), of: app))
    }
  }

  @Test func aNodeThatEndsDoesNotWaitForTheRate() async throws {
    let began = ContinuousClock.now
    try await NodeRig.run(scrub: "{ every: never, verify-rate: 16 KiB/s }") { rig in
      let app = try rig.publish("app", length: 4 << 20)
      try doubt(app, rig)
      _ = try await rig.steps("it is read") { try rig.artifact(app).state == .verifying ? () : nil }
    }
    // At the rate it would be four minutes.
    #expect(ContinuousClock.now - began < .seconds(60))
  }
}
