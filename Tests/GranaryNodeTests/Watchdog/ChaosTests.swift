import Control
import Foundation
import Inventory
import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import TestSupport
import Testing

/// A node whose pipeline has a plugin that misbehaves, as a process: what others notice of it, and how it ends.
struct ChaosTests {
  /// A node, and an artifact that it serves.
  private struct Rig {
    let host: GranaryHost
    let artifact: GranaryArtifact
    let bytes: [UInt8]

    init(hooks: [Hook], _ mischief: String, guards: [PluginKit.Operation] = [], onError: String = "skip", watchdog: String = "1s")
      async throws
    {
      host = try GranaryHost(binary: URL(fileURLWithPath: GranaryHost.binary).deletingLastPathComponent().path + "/granary-chaos")
      let names = hooks.map(\.rawValue).joined(separator: ", ")
      let lines = [
        "node: { name: chaos, state: ./state, watchdog: \(watchdog) }", "listen: [{ address: \"127.0.0.1:0\" }]",
        "limits: { event-loops: 1 }", "artifacts: { roots: [./data] }", "pipeline:", "  - allowlist: { addresses: [127.0.0.0/8] }",
        "  - chaos: { hooks: [\(names)], mischief: \(mischief), peers: [127.0.0.2], "
          + "guards: [\(guards.map(\.rawValue).joined(separator: ", "))] }",
        "    on-error: \(onError)",
      ]
      try host.folder.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: "granary.yaml")
      let path = try Artifacts.file(1 << 20, in: host.folder, named: "data/a.bin", seed: 3)
      artifact = try await host.publish(path, "--v1")
      bytes = try host.folder.read("data/a.bin")
    }

    func peer(_ node: GranaryProcess, from source: String) async throws -> ScriptedPeer {
      let address = try #require(PeerAddress("127.0.0.1:\(node.port)"))
      let peer = try await ScriptedPeer.dial(address, from: source)
      try await peer.send(bytes: ScriptedPeer.handshake(try #require(SHA1Digest(hex: artifact.handshakeHash))))
      return peer
    }

    /// A peer that is interested and unchoked.
    func leecher(_ node: GranaryProcess, from source: String = "127.0.0.1") async throws -> ScriptedPeer {
      let peer = try await peer(node, from: source)
      _ = try await peer.nextHandshake()
      try await peer.send(.interested)
      try await peer.wait(for: .unchoke)
      return peer
    }

    /// Every block, in order, and compared.
    func download(_ peer: ScriptedPeer) async throws -> Bool {
      for piece in 0..<bytes.count / artifact.pieceLength {
        for offset in stride(from: 0, to: artifact.pieceLength, by: 16_384) {
          let block = Block(piece: UInt32(piece), offset: UInt32(offset), length: 16_384)
          try await peer.send(.request(block))
          let data = try await peer.next("\(block)") { message in
            if case .piece(let data) = message, data.block == block { Array(data.bytes.readableBytesView) } else { nil }
          }
          let begin = piece * artifact.pieceLength + offset
          if data != Array(bytes[begin..<begin + 16_384]) { return false }
        }
      }
      return true
    }

    /// Shakes hands, says all that there is to say, and goes. What comes back, or whether anything does, is not asked.
    func provoke(_ node: GranaryProcess) async {
      guard let peer = try? await peer(node, from: "127.0.0.2") else { return }
      let block = Block(piece: 0, offset: 0, length: 16_384)
      let messages: [PeerMessage] = [
        .haveNone, .interested, .have(0), .choke, .unchoke, .request(block), .cancel(block), .request(block), .notInterested, .interested,
        .unknown(id: 99, .init()),
      ]
      try? await peer.send(bytes: ScriptedPeer.encoded(messages))
      _ = try? await peer.nextHandshake()
      _ = try? await peer.next()
      try? await peer.close()
    }

    func status() async throws -> StatusDocument {
      try JSONDecoder().decode(StatusDocument.self, from: Data(try await host.json("status").utf8))
    }

    func lastRun() throws -> Run? {
      try InventoryDatabase.open(readingAt: host.folder.path("state/inventory.sqlite")).runs(limit: 1).first
    }
  }

  /// Hooks whose misbehaviour concerns the peer that it is after.
  private static let hooksOfPeers = Hook.allCases.filter { ![.newTorrent, .onFilesChecked, .loadState, .tick].contains($0) }

  @Test(arguments: ["fail", "garbage", "allocate"])
  func `whatever a plugin does to one peer, another gets every byte`(mischief: String) async throws {
    let rig = try await Rig(hooks: Self.hooksOfPeers, mischief, guards: [.metadata, .message], watchdog: "10s")
    let node = try await rig.host.start()
    let peer = try await rig.leecher(node)
    async let isWhole = rig.download(peer)
    for _ in 0..<10 { await rig.provoke(node) }
    #expect(try await isWhole)
    #expect(try await rig.download(peer))
    let chaos = try #require(try await rig.status().plugins.first { $0.name == "chaos" })
    #expect(chaos.state == .ok, "peers cannot trip a plugin")
    if mischief == "fail" { #expect(!chaos.faults.isEmpty) }
    try await node.terminate()
  }

  @Test func `a plugin that is late again and again is tripped, and the node goes on without it`() async throws {
    let rig = try await Rig(hooks: Self.hooksOfPeers, "late", watchdog: "10s")
    let node = try await rig.host.start()
    let peer = try await rig.leecher(node)
    async let isWhole = rig.download(peer)
    var chaos: StatusDocument.Plugin?
    for _ in 0..<20 where chaos?.state != .tripped {
      await rig.provoke(node)
      chaos = try await rig.status().plugins.first { $0.name == "chaos" }
    }
    #expect(try await isWhole)
    #expect(chaos?.state == .tripped && chaos?.onError == "skip" && chaos?.trippedAt != nil)
    #expect(chaos?.late.isEmpty == false)
    #expect(try await rig.download(rig.leecher(node, from: "127.0.0.2")))
    try await node.terminate()
  }

  @Test(arguments: [Hook.onRequest, .onHandshake, .newTorrent, .onDisconnect, .judge])
  func `a hang on an event loop ends the process with 70 and names the plugin`(hook: Hook) async throws {
    let rig = try await Rig(hooks: [hook], "hang", guards: hook == .judge ? [.connect] : [])
    let node = try await rig.host.start()
    await rig.provoke(node)
    try await expectEnd(rig, node, hook)
  }

  @Test func `a hang in tick ends the process`() async throws {
    let rig = try await Rig(hooks: [.tick], "hang")
    let process = try rig.host.command(["run"]).start()
    #expect(await process.exit(within: .seconds(60)) == .code(70))
    #expect(process.errors.contains("plugin chaos hangs in tick"))
  }

  @Test func `a hang on another thread ends the process too`() async throws {
    let rig = try await Rig(hooks: [.onState], "hang")
    let node = try await rig.host.start()
    let peer = try await rig.leecher(node)
    // The artifact goes out of service, which plugins that have peers for it are told on the thread that removes it.
    let removal = try rig.host.command(["remove", rig.artifact.name]).start()
    try await expectEnd(rig, node, .onState)
    await removal.kill()
    try await peer.end()
  }

  private func expectEnd(_ rig: Rig, _ node: GranaryProcess, _ hook: Hook) async throws {
    let exit = await node.process.exit(within: .seconds(60))
    let errors = node.process.errors
    #expect(exit == .code(70), "\(errors)")
    #expect(errors.contains("granary: error: watchdog: plugin chaos hangs in \(hook.rawValue)"), "\(errors)")
    #expect(try rig.lastRun()?.whyEnded?.hasPrefix("watchdog: plugin chaos hangs in \(hook.rawValue)") == true)
  }

  @Test func `the next start says why the last run ended`() async throws {
    let rig = try await Rig(hooks: [.onRequest], "hang")
    let node = try await rig.host.start()
    await rig.provoke(node)
    try await expectEnd(rig, node, .onRequest)
    let again = try await rig.host.start()
    #expect(again.process.errors.contains("the last run hung and was ended"))
    #expect(try await rig.status().warnings.contains { $0.contains("plugin chaos hangs in on_request") })
    #expect(try await rig.host.json("journal").contains("plugin chaos hangs in on_request"))
    try await again.terminate()
  }
}
