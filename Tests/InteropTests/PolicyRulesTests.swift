import Foundation
import TestSupport
import Testing

extension Interop {
  /// Rules that are tried, that put requests off, and that are kept in files of their own.
  @Suite struct PolicyRulesTests {
    private struct Status: GranaryDocument {
      static let schemaName = "granary.status/1"
      struct Plugin: Decodable {
        let name: String
        let mode: String
        let shadowed: UInt64
      }
      let plugins: [Plugin]
      let limits: [String: Int64]
    }

    private struct Replay: GranaryDocument {
      static let schemaName = "granary.policy-replay/1"
      struct Change: Decodable {
        let change: String
        let principal: String
        let artifact: String?
        let bytes: Int64?
        let plugin: String?
      }
      let rows: Int
      let asked: Int
      let changes: [Change]
    }

    private func host(_ pipeline: String) throws -> GranaryHost {
      let host = try GranaryHost()
      try configure(host, pipeline)
      return host
    }

    private func configure(_ host: GranaryHost, _ pipeline: String, as name: String = "granary.yaml") throws {
      let text = """
        node: { name: interop, state: ./state }
        listen:
          - address: 127.0.0.1:0
        artifacts: { roots: [./data] }
        pipeline:
          - allowlist: { addresses: [127.0.0.0/8] }
        \(pipeline)
          - metadata

        """
      try host.folder.write(Array(text.utf8), to: name)
    }

    private func status(_ host: GranaryHost) async throws -> Status {
      try GranaryJSON.decode(Status.self, from: try await host.json("status"))
    }

    @Test func `a gate in shadow keeps libtorrent from nothing and says what it would have refused`() async throws {
      let host = try host(
        """
          - gate: { on_request: [{ answer: deny, peers: [127.0.2.0/24], reason: tried first }, {}] }
            mode: shadow
        """)
      let original = try host.make(.singleFile)
      let artifact = try await host.publish(original)
      let node = try await host.start()
      try await expectDownload(node.libtorrent(artifact, from: "127.0.2.5"), equals: original)
      let rows = try await host.journal().filter { $0.host == "127.0.2.5" && $0.verdict != "allow" }
      #expect(rows.contains { $0.verdict == "shadow-deny" && $0.operation == "request" && $0.rule == "on_request[0]" })
      #expect(rows.allSatisfy { $0.plugin == "gate" && $0.verdict == "shadow-deny" })
      // Nobody was refused anything.
      #expect(try await host.refusals(of: "127.0.2.5").isEmpty)
      let gate = try #require(try await status(host).plugins.first { $0.name == "gate" })
      #expect(gate.mode == "shadow" && gate.shadowed > 0)
      let why = try await host.json("why", "127.0.2.5", artifact.name)
      #expect(why.contains("\"shadow-deny\""))
      #expect(try await host.why("127.0.2.5", artifact.name).verdict == "allow")
      try await node.terminate()
    }

    @Test func `a pipeline whose only guard of connect is in shadow counts as open`() async throws {
      let host = try GranaryHost()
      let text = "listen:\n  - address: 0.0.0.0:0\npipeline:\n  - allowlist: { addresses: [10.0.0.0/8] }\n    mode: shadow\n"
      try host.folder.write(Array(text.utf8), to: "granary.yaml")
      let result = try await host.run("check")
      #expect(result.exit == .code(78))
      #expect(result.errors.contains("is in shadow, so that the pipeline counts as open"))
    }

    @Test func `a postponed request is answered when its time has come`() async throws {
      let host = try host("  - gate: { on_request: [{ answer: postpone, for: 3s, peers: [127.0.2.0/24] }, {}] }")
      let original = try host.make(.singleFile)
      let artifact = try await host.publish(original)
      let node = try await host.start()
      let peer = try await RawPeer.dial(node.endpoint(), from: "127.0.2.6")
      #expect(try await peer.shakeHands(artifact))
      await peer.send(id: PeerBytes.ID.interested)
      try #require(try await peer.first([PeerBytes.ID.unchoke]) != nil)
      await peer.send(id: PeerBytes.ID.request, PeerBytes.block(0, 0, 16_384))
      #expect(try await peer.next(within: .milliseconds(500)) == .silence)
      #expect(try await peer.first([PeerBytes.ID.piece, PeerBytes.ID.reject])?.id == PeerBytes.ID.piece)
      await peer.close()
      let limits = try await status(host).limits
      #expect(limits["gate_postponed_requests", default: 0] > 0)
      try await expectDownload(node.libtorrent(artifact, from: "127.0.2.5"), equals: original)
      try await node.terminate()
    }

    @Test func `libtorrent under a limit gets everything, at its pace`() async throws {
      let host = try host("  - gate: { on_request: [{ answer: limit, rate: 1 MiB/s, peers: [127.0.2.0/24] }, {}] }")
      let original = try host.make(.singleFile)
      let artifact = try await host.publish(original)
      let node = try await host.start()
      let folder = try TemporaryDirectory("download")
      let download = node.libtorrent(artifact, from: "127.0.2.5")
      let report = try await download.run(into: folder.path)
      try expectComplete(report, download, in: folder.path, equals: original)
      let size = artifact.files.reduce(0) { $0 + $1.length }
      // A quarter of a second is saved up before, and the last block may go a little early.
      #expect(report.seconds >= (Double(size) / Double(1 << 20) - 0.5), "\(report.seconds) s for \(size) bytes")
      let limits = try await status(host).limits
      #expect(limits["gate_limited_requests", default: 0] > 0)
      try await node.terminate()
    }

    @Test func `a rules file that is emptied keeps the last good rules, and a good one counts`() async throws {
      let host = try host("  - gate: { rules: \"rules/*.yaml\" }")
      try FileManager.default.createDirectory(atPath: host.folder.path("rules"), withIntermediateDirectories: true)
      try host.folder.write(Array("on_request:\n  - peers: [127.0.2.0/24]\n".utf8), to: "rules/edge.yaml")
      let artifact = try await host.publish(try host.make(.singleFile))
      let node = try await host.start()
      let peer = try await RawPeer.dial(node.endpoint(), from: "127.0.2.6")
      #expect(try await peer.shakeHands(artifact))
      #expect(try await peer.canDownload(piece: 0))

      try host.folder.write(Array("# to be written\n".utf8), to: "rules/edge.yaml")
      let kept = try await host.run("reload")
      #expect(kept.exit == .code(0))
      #expect((kept.output + kept.errors).contains("what it said before stays in force"), "\(kept)")
      #expect(try await status(host).limits["gate_files_kept"] == 1)
      #expect(try await peer.gets(piece: 1))

      try host.folder.write(Array("on_request:\n  - peerz: []\n".utf8), to: "rules/edge.yaml")
      let broken = try await host.run("reload")
      #expect(broken.exit == .code(78))
      #expect(broken.errors.contains("rules/edge.yaml:2:"), "the place is in the rules file: \(broken)")
      #expect(try await peer.gets(piece: 2))

      try host.folder.write(Array("on_request:\n  - peers: [127.0.3.0/24]\n".utf8), to: "rules/edge.yaml")
      #expect(try await host.run("reload").exit == .code(0))
      #expect(try await peer.isHungUp())
      let why = try await host.why("127.0.3.1", artifact.name)
      #expect(why.rule == "on_request[0] of edge.yaml")
      #expect(why.place?.hasSuffix("rules/edge.yaml:2:5") == true)
      try await node.terminate()
    }

    @Test func `replay under a wider policy says who gains and how much`() async throws {
      let host = try host("  - gate: { on_request: [{ peers: [127.0.3.0/24] }] }")
      let artifact = try await host.publish(try host.make(.singleFile))
      let node = try await host.start()
      let peer = try await RawPeer.dial(node.endpoint(), from: "127.0.2.9")
      await peer.send(PeerBytes.handshake(infoHash: PeerBytes.hex(artifact.handshakeHash)))
      #expect(try await peer.isHungUp())
      _ = try await host.refusals(of: "127.0.2.9")
      try configure(host, "  - gate: { on_request: [{ files: [\"*\"] }] }", as: "wider.yaml")
      let arguments = ["policy", "replay", "--json", "--since", "1h", "--config", host.folder.path("wider.yaml")]
      let text = try await ProcessRunner(host.binary, arguments, workingFolder: host.folder.path).output(within: .seconds(60))
      let changes = try GranaryJSON.decode(Replay.self, from: text).changes
      #expect(changes.map(\.change) == ["gains"])
      #expect(changes.first?.principal == "127.0.2.9")
      #expect(changes.first?.bytes == Int64(artifact.files.reduce(0) { $0 + $1.length }))
      try await node.terminate()
    }

    @Test func `lint, test and replay say what a policy would come to`() async throws {
      let host = try host("  - gate: { on_request: [{}] }")
      let original = try host.make(.singleFile)
      let artifact = try await host.publish(original)
      let node = try await host.start()
      try await expectDownload(node.libtorrent(artifact, from: "127.0.2.5"), equals: original)
      let same = try GranaryJSON.decode(Replay.self, from: try await host.json("policy", "replay"))
      #expect(same.asked > 0)
      #expect(same.changes.isEmpty)

      let binary = ProcessRunner(
        host.binary,
        [
          "policy", "replay", "--json", "--config", host.folder.path("stricter.yaml"),
        ], workingFolder: host.folder.path)
      try configure(host, "  - gate: { on_request: [{ peers: [127.0.3.0/24] }] }", as: "stricter.yaml")
      let replay = try GranaryJSON.decode(Replay.self, from: try await binary.output(within: .seconds(60)))
      let change = try #require(replay.changes.first)
      #expect(replay.changes.count == 1)
      #expect((change.change, change.principal, change.artifact, change.plugin) == ("loses", "127.0.2.5", artifact.name, "gate"))
      #expect(change.bytes ?? 0 >= Int64(artifact.files.reduce(0) { $0 + $1.length }))

      #expect(try await host.run("policy", "lint").exit == .code(0))
      try configure(host, "  - gate: { on_request: [{}, { peers: [127.0.3.0/24] }, { artifacts: [nothing-*], until: 2026-01-01 }] }")
      let lint = try await host.run("policy", "lint")
      #expect(lint.exit == .code(65))
      for word in ["unreachable", "unknown-artifact", "expired", "granary.yaml:7:"] { #expect(lint.output.contains(word), "\(lint)") }

      let table = """
        - { peer: 127.0.2.5, artifact: \(artifact.name), expect: allow, plugin: gate, rule: "on_request[0]" }
        - { peer: 10.0.0.1, artifact: \(artifact.name), expect: deny, plugin: allowlist }
        - { peer: 127.0.2.5, artifact: app-9, labels: { channel: beta }, operation: metadata, at: 2027-01-31, expect: allow }
        """
      try host.folder.write(Array(table.utf8), to: "table.yaml")
      #expect(try await host.run("policy", "test", "table.yaml").exit == .code(0))
      try host.folder.write(Array((table + "\n- { peer: 127.0.2.5, artifact: app-9, expect: deny }\n").utf8), to: "table.yaml")
      let differing = try await host.run("policy", "test", "table.yaml")
      #expect(differing.exit == .code(65))
      #expect(differing.output.contains("table.yaml:4:3: expected deny, found allow by gate on_request[0]"), "\(differing)")
      try await node.terminate()
    }
  }
}
