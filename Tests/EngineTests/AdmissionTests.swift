import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import Engine

/// From accept to authorized: who gets nothing, and that nothing is all it gets.
struct AdmissionTests {
  private func guarding(_ judge: @escaping @Sendable (Operation, PeerFacts) -> Verdict, _ operations: Set<PluginKit.Operation> = [.connect])
    -> RecordingPlugin
  {
    var script = RecordingScript()
    script.guards = operations
    script.judge = judge
    return RecordingPlugin(script: script)
  }

  private typealias Operation = PluginKit.Operation

  /// The bytes that a refused peer gets.
  private func refused(_ rig: EngineRig, _ infoHash: SHA1Digest) async throws -> Int {
    let peer = try await ScriptedPeer.dial(rig.address)
    // An address that is refused may be gone before the handshake is sent.
    try? await peer.send(bytes: ScriptedPeer.handshake(infoHash))
    try await peer.end()
    return try await peer.receivedBytes()
  }

  @Test
  func unknownForbiddenAndUngrantedArtifactsGetTheSameSilence() async throws {
    let artifact = try TestArtifact()
    let forbidden = try TestArtifact(id: 2, name: "forbidden")
    let ungranted = try TestArtifact(id: 3, name: "ungranted")
    let plugin = guarding(
      { operation, facts in
        switch (operation, facts.artifact?.name) {
        case (.connect, "forbidden"): .deny("not for you", rule: "connect[0]")
        case (.request, "ungranted"), (.metadata, "ungranted"): .deny("nothing of it", rule: "on_request[0]")
        default: .allow("fine")
        }
      }, [.connect, .request, .metadata])
    try await EngineRig.run([artifact.seeded(), forbidden.seeded(), ungranted.seeded()], plugins: [plugin]) { rig async throws in
      #expect(try await refused(rig, .zero) == 0)
      #expect(try await refused(rig, forbidden.infoHash) == 0)
      #expect(try await refused(rig, ungranted.infoHash) == 0)
      #expect(try await rig.leecher(artifact).isAlive(artifact))
      let rows = rig.refusals.map { "\($0.plugin) \($0.rule ?? "-") \($0.reason)" }
      #expect(
        rows == [
          "engine - no artifact in service has this info-hash", "recording connect[0] not for you",
          "recording on_request[0] nothing of it",
        ])
    }
  }

  @Test
  func aDeniedAddressIsClosedBeforeItsHandshake() async throws {
    let artifact = try TestArtifact()
    let plugin = guarding { _, facts in
      facts.address.ip.description == "127.0.0.9" ? .deny("not listed", rule: "addresses") : .allow("listed")
    }
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await ScriptedPeer.dial(rig.address, from: "127.0.0.9")
      try await peer.end()
      #expect(try await peer.receivedBytes() == 0)
      let row = try #require(try await rig.rows { $0.verdict == "deny" }.first)
      #expect(row.principal == "127.0.0.9" && row.operation == "connect" && row.artifact == nil && row.place == "test.yaml:1:1")
      #expect(try await rig.leecher(artifact).isAlive(artifact))
    }
  }

  @Test
  func anAdmissionHasARowWithTheRuleThatAllowedIt() async throws {
    let artifact = try TestArtifact()
    let plugin = guarding({ operation, _ in .allow("listed", rule: "\(operation.rawValue)[0]") }, [.connect, .request])
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await rig.leecher(artifact)
      let row = try #require(rig.journal.records.first)
      #expect(row.verdict == "allow" && row.operation == "connect" && row.plugin == "recording" && row.rule == "request[0]")
      #expect(row.artifact == "app" && row.address == peer.address && row.place == "test.yaml:1:1" && row.reason == "listed")
      #expect(rig.journal.records.count == 1)
    }
  }

  @Test
  func everyGuardMustAllow() async throws {
    let artifact = try TestArtifact()
    let plugins = [guarding { _, _ in .allow("one") }, guarding { _, _ in .deny("two") }, guarding { _, _ in .deny("three") }]
    try await EngineRig.run([artifact.seeded()], plugins: plugins) { rig async throws in
      #expect(try await refused(rig, artifact.infoHash) == 0)
      #expect(try await rig.rows { $0.verdict == "deny" }.map(\.plugin) == ["second"])
    }
  }

  @Test
  func aGuardMayWaitAndReadsNothingMeanwhile() async throws {
    let artifact = try TestArtifact()
    let gate = Gate()
    var script = RecordingScript()
    script.guards = [.connect]
    script.admit = { facts in
      await gate.wait()
      return .allow("after a while")
    }
    let plugin = RecordingPlugin(script: script)
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await ScriptedPeer.dial(rig.address)
      try await peer.send(bytes: ScriptedPeer.handshake(artifact.infoHash) + ScriptedPeer.encoded([.haveNone, .interested]))
      await plugin.log.wait(for: .admit)
      #expect(try await peer.receivedBytes() == 0)
      gate.open()
      _ = try await peer.nextHandshake()
      try await peer.wait(for: .unchoke)
      #expect(try await peer.isAlive(artifact))
      #expect(plugin.log.calls(of: .admit).count == 2)
    }
  }

  @Test
  func aGuardThatNeverAnswersMeetsTheHandshakesDeadline() async throws {
    let artifact = try TestArtifact()
    let gate = Gate()
    var script = RecordingScript()
    script.guards = [.connect]
    script.admit = { _ in
      await gate.wait()
      return .allow("too late")
    }
    let plugin = RecordingPlugin(script: script)
    try await EngineRig.run([artifact.seeded()], plugins: [plugin]) { rig async throws in
      let peer = try await ScriptedPeer.dial(rig.address)
      try await peer.send(bytes: ScriptedPeer.handshake(artifact.infoHash))
      await plugin.log.wait(for: .admit)
      rig.clock.advance(by: .seconds(11))
      await rig.engine.tick()
      try await peer.end()
      #expect(try await peer.receivedBytes() == 0)
      #expect(try await rig.rows { $0.reason.contains("handshake took longer") }.count == 1)
      gate.open()
    }
    #expect(plugin.log.calls(of: .onAuthorized).isEmpty)
  }

  @Test
  func aHandshakeThatIsDrippedIsTakenAndOneThatIsNoneIsNot() async throws {
    let artifact = try TestArtifact()
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      let peer = try await ScriptedPeer.dial(rig.address)
      for byte in ScriptedPeer.handshake(artifact.infoHash) { try await peer.send(bytes: [byte]) }
      #expect(try await peer.nextHandshake().infoHash == artifact.infoHash)
      let browser = try await ScriptedPeer.dial(rig.address)
      try await browser.send(bytes: Array("GET / HTTP/1.1\r\n\r\n".utf8))
      try await browser.end()
      #expect(try await browser.receivedBytes() == 0)
      #expect(try await rig.rows { $0.operation == "protocol" }.first?.reason.contains("not a plain BitTorrent handshake") == true)
    }
  }

  @Test(arguments: [TorrentVersion.v1, .v2, .hybrid])
  func everyInfoHashOfATorrentNamesItAndIsAnsweredWithItself(version: TorrentVersion) async throws {
    let artifact = try TestArtifact(version: version)
    try await EngineRig.run([artifact.seeded()]) { rig async throws in
      for infoHash in artifact.torrent.infoHash.wire {
        let peer = try await ScriptedPeer.dial(rig.address)
        try await peer.send(bytes: ScriptedPeer.handshake(infoHash))
        let handshake = try await peer.nextHandshake()
        #expect(handshake.infoHash == infoHash)
        #expect(handshake.reserved == .ours(v2: version != .v1))
      }
    }
  }
}

/// Waits until it is opened.
final class Gate: Sendable {
  private let state = Mutex<(isOpen: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

  func wait() async {
    await withCheckedContinuation { continuation in
      let isOpen = state.withLock { state in
        if !state.isOpen { state.waiting.append(continuation) }
        return state.isOpen
      }
      if isOpen { continuation.resume() }
    }
  }

  func open() {
    let waiting = state.withLock { state in
      state.isOpen = true
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }
}
