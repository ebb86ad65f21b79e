import Control
import Engine
import Foundation
import Inventory
import Metainfo
import PeerProtocol
import TestSupport
import Testing

@testable import GranaryNode

/// Artifacts out of service for a while, by an operator's word.
struct PausingTests {
  private let caller = ControlCaller.user(7)

  @Test func `its peers stay and are given nothing until it is resumed`() async throws {
    try await NodeRig.run { rig async throws in
      let artifact = try rig.publish("app")
      let (peer, _) = try await rig.leecher(artifact)
      let paused = try rig.node.pause(PauseOrder(what: "app", reason: "it is recalled"), by: caller)
      #expect(paused.isChange && paused.message == "paused app")
      let now = try rig.artifact(artifact)
      #expect(now.state == .paused && now.stateReason == "by uid 7: it is recalled" && now.isPausedByOperator)
      try await peer.wait(for: .choke)
      #expect(try rig.node.pause(PauseOrder(what: "app", reason: nil), by: caller).isChange == false)
      #expect(try rig.node.resume("app").message == "resumed app")
      try await peer.wait(for: .unchoke)
      #expect(try rig.artifact(artifact).state == .ready)
      #expect(try rig.node.resume("app").message == "app is not paused, it is ready")
      #expect(throws: (any Error).self) { try rig.node.pause(PauseOrder(what: "nothing", reason: nil), by: caller) }
    }
  }

  @Test func `whatever is found of its data, it stays so`() async throws {
    try await NodeRig.run { rig async throws in
      let artifact = try rig.publish("app")
      _ = try rig.node.pause(PauseOrder(what: "app", reason: nil), by: caller)
      // Published once more, and verified: an operator's commands as well.
      try rig.publish("app")
      #expect(try rig.artifact(artifact).isPausedByOperator)
      let holding = try rig.node.database.holding(of: artifact.id)
      _ = try rig.node.update(try rig.node.read(holding, isCancelled: { false }))
      #expect(try rig.artifact(artifact).stateReason == "by uid 7")
      // Its file is another when it comes back: it has to be read first.
      try rig.folder.write([1, 2, 3], to: artifact.folder + "/a.bin")
      rig.node.takeOutOfService(artifact.id, reason: "as after a restart")
      _ = try rig.node.resume("app")
      #expect(try rig.artifact(artifact).state != .ready && !rig.isServing(artifact))
    }
  }

  @Test func `work that was under way does not bring it back`() async throws {
    try await NodeRig.run { rig async throws in
      let artifact = try rig.publish("app")
      rig.node.takeOutOfService(artifact.id, reason: "its disk was away")
      let holding = try rig.node.database.holding(of: artifact.id)
      _ = try rig.node.pause(PauseOrder(what: "app", reason: nil), by: caller)
      // The care had looked at it before.
      #expect(try rig.node.putInService(holding))
      #expect(!rig.isServing(artifact))
      #expect(try rig.artifact(artifact).isPausedByOperator)
      _ = try rig.node.resume("app")
      #expect(rig.isServing(artifact) && !rig.node.engine.isPaused(artifact.id.rawValue))
    }
  }

  @Test func `where no node runs the next one begins with it as it was left`() async throws {
    try await NodeRig.run { rig async throws in
      let artifact = try rig.publish("app")
      let desk = PauseDesk(database: rig.node.database)
      #expect(try desk.pause(PauseOrder(what: "app", reason: nil), by: caller).isChange)
      #expect(try rig.node.putInService().served.isEmpty)
      #expect(try desk.resume("app").message == "resumed app")
      #expect(try rig.node.putInService().served.count == 1)
      #expect(try rig.artifact(artifact).state == .ready)
    }
  }

  @Test func `what a mirror withholds is the mirror's to give back, until an operator takes it over`() async throws {
    try await NodeRig.run { rig async throws in
      let artifact = try rig.publish("app")
      try rig.node.database.setState(.paused, reason: Artifact.withheld + "zone", of: artifact.id, at: .now())
      let refusal = #expect(throws: Failure.self) { try rig.node.resume("app") }
      #expect(refusal?.status == .notPermitted && refusal?.lines.first?.message.contains("withheld by the mirror: zone") == true)
      #expect(try rig.node.pause(PauseOrder(what: "app", reason: nil), by: caller).isChange)
      #expect(try rig.artifact(artifact).isPausedByOperator)
      #expect(try rig.node.resume("app").isChange)
      #expect(try rig.artifact(artifact).state == .ready)
    }
  }
}
