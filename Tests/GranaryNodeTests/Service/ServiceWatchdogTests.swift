import Foundation
import Metainfo
import PluginKit
import TestSupport
import Testing

/// A node that hangs on purpose, under a service manager that waits for its word.
struct ServiceWatchdogTests {
  private static let ping = "WATCHDOG=1\n"

  @Test func `a loop that hangs keeps the manager without a word`() async throws {
    var host = try GranaryHost(binary: URL(fileURLWithPath: GranaryHost.binary).deletingLastPathComponent().path + "/granary-chaos")
    // The node's own watchdog would be faster.
    let lines = [
      "node: { name: chaos, state: ./state, watchdog: off }", "listen: [{ address: \"127.0.0.1:0\" }]", "limits: { event-loops: 2 }",
      "artifacts: { roots: [./data] }", "pipeline:", "  - allowlist: { addresses: [127.0.0.0/8] }",
      "  - chaos: { hooks: [on_handshake], mischief: hang, peers: [127.0.0.2] }",
    ]
    try host.folder.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: "granary.yaml")
    let manager = try NotifySocket(host.folder.path("notify"))
    host.nodeEnvironment.merge(["NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "2000000"]) { $1 }
    let artifact = try await host.publish(try Artifacts.file(1 << 20, in: host.folder, named: "data/a.bin", seed: 3), "--v1")
    let node = try await host.start()
    for _ in 0..<3 { _ = try await manager.wait(for: "WATCHDOG") { $0 == Self.ping } }

    let address = try #require(PeerAddress("127.0.0.1:\(node.port)"))
    let peer = try await ScriptedPeer.dial(address, from: "127.0.0.2")
    try await peer.send(bytes: ScriptedPeer.handshake(try #require(SHA1Digest(hex: artifact.handshakeHash))))
    // Told on is what was true when the loop was last asked. Then three intervals pass without a word; the other loop serves all the while.
    let deadline = ContinuousClock.now + .seconds(90)
    var isSilent = false
    while !isSilent, ContinuousClock.now < deadline { isSilent = try await manager.next(within: .seconds(6)) == nil }
    #expect(isSilent && node.process.exit == nil)
    await node.process.kill()
    try await peer.close()
  }
}
