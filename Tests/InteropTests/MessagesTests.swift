import Foundation
import TestSupport
import Testing

extension Interop {
  /// Extended messages with a peer that has nothing of ours, and between two nodes.
  @Suite struct MessagesTests {
    /// A notice as `show --json` has it.
    private struct Shown: Decodable {
      struct Notice: Decodable {
        let kind: String
        let text: String?
        let sequence: Int64
        let signer: String
        let ours: Bool
        let successor: String?
      }

      let notices: [Notice]?
    }

    private struct Notified: Decodable {
      let notice: Shown.Notice
    }

    private struct Stored: Decodable {
      struct Row: Decodable {
        let name: String
        let principal: String
        let body: [String: String]
      }

      let received: [Row]
    }

    private func notices(_ host: GranaryHost, _ artifact: GranaryArtifact) async throws -> [Shown.Notice] {
      try GranaryJSON.decode(Shown.self, schema: "granary.show/1", from: await host.json("show", artifact.name)).notices ?? []
    }

    private func notify(_ host: GranaryHost, _ arguments: String...) async throws -> Shown.Notice {
      let text = try await host.command(["notify"] + arguments + ["--json"]).output(within: .seconds(60))
      return try GranaryJSON.decode(Notified.self, schema: "granary.notify/1", from: text).notice
    }

    /// The pipeline's entry, with the key that `keys new` has made for the host.
    private func host(_ lines: [String], extra: [String] = [], rules: [String]? = nil) async throws -> (
      host: GranaryHost, publicKey: String
    ) {
      var configuration = GranaryConfiguration()
      configuration.furtherPlugins = ["  - messages:"] + lines.map { "      " + $0 }
      configuration.extra = extra
      configuration.requestRules = rules
      let host = try GranaryHost(configuration)
      let made = try await ProcessRunner(host.binary, ["keys", "new", "--id", "ops", "--output", host.folder.path("notice.key"), "--json"])
        .output()
      let entry = try #require(try JSONDecoder().decode([String: String?].self, from: Data(made.utf8))["entry"] ?? nil)
      let key = try #require(entry.split(separator: " ").last { $0.count >= 64 })
      return (host, String(key.prefix(64)))
    }

    @Test func `declared messages are sent, taken from whom they may come from, answered and stored`() async throws {
      let (host, _) = try await host([
        "- name: corp_hello", "  send: handshake", "  body: { from: \"${node.name}\", of: \"${artifact.name}\", v: 1 }",
        "  from: [127.0.1.0/24]", "  reply: { to: \"${peer.principal}\" }", "  store: [host]",
      ])
      let artifact = try await host.publish(try host.make(.singleFile))
      let node = try await host.start()
      let hello = "corp_hello=d4:host5:edge71:vi2ee"
      let report = try await MessagePeer(address: "127.0.1.7", say: [hello], expect: ["corp_hello", "corp_hello"]).run(node, artifact)
      #expect(report.ok && !report.closed)
      let greeting = MessagePeer.Value.dictionary(["from": .text("interop"), "of": .text(artifact.name), "v": .number(1)])
      let answer = MessagePeer.Value.dictionary(["to": .text("127.0.1.7")])
      #expect(report.messages.map(\.body).contains(greeting) && report.messages.map(\.body).contains(answer))

      // Another is greeted like all, and what it says is not taken.
      let refused = try await MessagePeer(address: "127.0.2.7", say: [hello], expect: ["corp_hello"]).run(node, artifact)
      #expect(refused.messages.map(\.body) == [greeting])
      let row = try #require(try await host.refusals(of: "127.0.2.7").first)
      #expect((row.operation, row.plugin, row.rule) == ("message", "messages", "corp_hello.from"))
      #expect(row.place?.contains("granary.yaml:") == true)

      // One that sends too much at once goes.
      let large = "corp_hello=d1:a5000:" + String(repeating: "x", count: 5_000) + "e"
      let closed = try await MessagePeer(address: "127.0.1.8", say: [large], expect: ["gr_have"]).run(node, artifact)
      #expect(closed.closed)
      #expect(try await host.refusals(of: "127.0.1.8").contains { $0.reason?.contains("more than the 4096") == true })

      let stored = try GranaryJSON.decode(Stored.self, schema: "granary.messages/1", from: await host.json("messages"))
      #expect(stored.received.map(\.name) == ["corp_hello"])
      #expect(stored.received.first?.principal == "127.0.1.7" && stored.received.first?.body == ["host": "edge7"])
      try await node.terminate()
    }

    @Test func `notices are signed so that OpenSSL agrees, and go to peers that are there and that come later`() async throws {
      let (host, publicKey) = try await host(["notices: { key: notice.key }"])
      let artifact = try await host.publish(try host.make(.singleFile))
      let node = try await host.start()
      let early = try MessagePeer(address: "127.0.1.1", expect: ["gr_notice", "gr_notice"]).start(node, artifact)
      let first = try await notify(host, artifact.name, "--withdraw", "--text", "do not use")
      #expect(first.ours && first.kind == "withdraw")
      while early.exit == nil, !early.errors.contains("came gr_notice") { try await Task.sleep(for: .milliseconds(20)) }
      let second = try await notify(host, artifact.name, "--superseded-by", String(repeating: "ab", count: 20))
      #expect(second.sequence > first.sequence)

      let report = try await early.messageReport()
      #expect(report.messages.map(\.signed) == [true, true])
      let bodies = report.messages.map(\.body)
      #expect(bodies.first?["w"] == .text("withdraw") && bodies.first?["t"] == .text("do not use"))
      #expect(bodies.last?["w"] == .text("superseded") && bodies.last?["b"] == .text(String(repeating: "ab", count: 20)))
      #expect(bodies.allSatisfy { $0["k"] == .text(publicKey) })
      #expect(bodies.compactMap { $0["n"] } == [.number(first.sequence), .number(second.sequence)])
      // Who comes later hears the last word only, after a restart too.
      try await node.terminate()
      let again = try await host.start()
      let late = try await MessagePeer(address: "127.0.1.2", expect: ["gr_notice"]).run(again, artifact)
      #expect(late.messages.map(\.body).last == bodies.last && late.messages.map(\.signed) == [true])
      #expect(try await notices(host, artifact).map(\.sequence) == [second.sequence])
      #expect(try await notify(host, artifact.name, "--text", "all is well").sequence > second.sequence)
      // Nobody signs without a key, and there is no artifact of that name.
      #expect(try await host.run("notify", "nothing", "--withdraw").exit == .code(66))
      #expect(try await host.run("notify", artifact.name).exit == .code(64))
      #expect(try await host.run("notify", artifact.name, "--withdraw", "--expires", "2030-01-01").exit == .code(64))
      try await again.terminate()
    }

    @Test func `a notice of OpenSSL's is taken, and what is forged, replayed, old or a stranger's is not`() async throws {
      let folder = try TemporaryDirectory("signers")
      let trusted = try await MessagePeer.makeKey(folder.path("ops.pem"))
      _ = try await MessagePeer.makeKey(folder.path("stranger.pem"))
      let (host, _) = try await host(["notices: { trusted: [{ id: ops, public: \(trusted) }] }"])
      let artifact = try await host.publish(try host.make(.singleFile), "--v1")
      let node = try await host.start()
      let (ops, stranger) = (folder.path("ops.pem"), folder.path("stranger.pem"))
      let peer = MessagePeer(
        address: "127.0.1.3",
        notices: ["\(ops):5:good", "\(ops):9:forged:forged", "\(stranger):9:stranger", "\(ops):4:older", "\(ops):5:other"], timeout: 3)
      #expect(try await !peer.run(node, artifact).closed)
      let held = try await notices(host, artifact)
      #expect(held.map(\.text) == ["good"] && held.map(\.signer) == ["ops"] && held.map(\.sequence) == [5])
      #expect(try await host.status().warnings.contains { $0.hasPrefix("notice on \(artifact.name), of ops: good") })
      let reasons = try await host.refusals(of: "127.0.1.3").compactMap(\.reason)
      for reason in [
        "its signature is not ops's", "is not trusted", "sequence number 4 is not above 5", "sequence number 5 is not above 5",
      ] {
        #expect(reasons.contains { $0.contains(reason) }, "\(reason)")
      }
      // The number still holds after a restart.
      try await node.terminate()
      let again = try await host.start()
      _ = try await MessagePeer(address: "127.0.1.4", notices: ["\(ops):5:replayed"], timeout: 3).run(again, artifact)
      #expect(try await notices(host, artifact).map(\.text) == ["good"])
      #expect(try await host.refusals(of: "127.0.1.4").count == 1)
      // A node that cannot sign says so.
      #expect(try await host.run("notify", artifact.name, "--withdraw").exit == .code(78))
      try await again.terminate()
    }

    @Test func `a question about the inventory is answered for what the peer may have, and the rest is one answer`() async throws {
      let rules = ["{ artifacts: [\"open*\"] }", "{ artifacts: [\"secret*\"], peers: [127.0.1.5] }"]
      let (host, _) = try await host(["have: { from: [127.0.1.0/24] }"], rules: rules)
      let open = try await host.publish(try host.make(.singleFile, named: "open.bin"))
      let secret = try await host.publish(try host.make(.singleFile, named: "secret.bin", seed: 2))
      let node = try await host.start()
      let asked = [open.handshakeHash, secret.handshakeHash, String(repeating: "77", count: 20), open.infoHashV2 ?? ""]
      func answer(_ address: String) async throws -> MessagePeer.Value? {
        try await MessagePeer(address: address, ask: asked, expect: ["gr_have"]).run(node, open).messages.first?.body["a"]
      }
      let whole = MessagePeer.Value.list([.number(Int64(open.pieceCount)), .number(Int64(open.pieceCount))])
      #expect(try await answer("127.0.1.5") == .list([whole, whole, .list([]), whole]))
      #expect(try await answer("127.0.1.6") == .list([whole, .list([]), .list([]), whole]))
      let silent = try await MessagePeer(address: "127.0.2.5", ask: asked, expect: ["gr_have"], timeout: 3).run(node, open)
      #expect(silent.messages.isEmpty && !silent.closed)
      #expect(try await host.refusals(of: "127.0.2.5").contains { $0.rule == "have.from" })
      try await node.terminate()
    }

    @Test func `the catalogue is had over a peer's link, the same bytes as over HTTP`() async throws {
      let port = try FreePort.pick()
      let (host, _) = try await host(
        ["have: { from: [127.0.1.0/24] }"], extra: ["catalogue: { listen: [{ address: \"127.0.0.1:\(port)\" }], key: catalogue.key }"],
        rules: ["{ artifacts: [\"open*\"] }", "{ artifacts: [\"secret*\"], peers: [127.0.1.5] }"])
      _ = try await ProcessRunner(host.binary, ["catalogue", "keys", "new", host.folder.path("catalogue.key")]).output()
      let open = try await host.publish(try host.make(.singleFile, named: "open.bin"))
      _ = try await host.publish(try host.make(.singleFile, named: "secret.bin", seed: 2))
      let node = try await host.start()
      for (address, count) in [("127.0.1.5", 2), ("127.0.1.6", 1)] {
        let report = try await MessagePeer(address: address, wantsCatalogue: true, expect: ["gr_have"]).run(node, open)
        guard case .text(let hex)? = report.messages.first?.body["catalogue"] else { throw ProcessFailure("\(report)") }
        let file = "catalogue-\(count)"
        let fetched = ["-s", "--interface", address, "-o", host.folder.path(file), "http://127.0.0.1:\(port)/catalogue"]
        #expect(try await ProcessRunner("curl", fetched).run(within: .seconds(60)).exit == .code(0))
        #expect(try host.folder.read(file).map { String(format: "%02x", $0) }.joined() == hex)
        let shown = try await host.run("catalogue", "show", host.folder.path(file))
        #expect(shown.output.components(separatedBy: ".bin").count == count + 1, "\(shown)")
      }
      try await node.terminate()
    }

    @Test func `where readers show a key the catalogue is not had without one over a peer's link, either`() async throws {
      let port = try FreePort.pick()
      let section = "catalogue: { listen: [{ address: \"127.0.0.1:\(port)\" }], key: catalogue.key, keys: announce.txt }"
      let (host, _) = try await host(["have: { from: [127.0.1.0/24] }"], extra: [section])
      _ = try await ProcessRunner(host.binary, ["catalogue", "keys", "new", host.folder.path("catalogue.key")]).output()
      try host.folder.write(Array("site 0123456789abcdef\n".utf8), to: "announce.txt")
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: host.folder.path("announce.txt"))
      let open = try await host.publish(try host.make(.singleFile))
      let node = try await host.start()
      let report = try await MessagePeer(address: "127.0.1.5", wantsCatalogue: true, expect: ["gr_have"]).run(node, open)
      #expect(report.messages.first?.body["size"] == .number(0), "\(report)")
      try await node.terminate()
    }

    @Test func `one node's notice is shown by another`() async throws {
      // A seed does not stay with a seed for long: the notice is there before they meet.
      let (sender, publicKey) = try await host(["notices: { key: notice.key }"])
      let (receiver, _) = try await host(["notices: { trusted: [{ id: depot, public: \(publicKey) }] }"])
      let artifact = try await sender.publish(try sender.make(.singleFile))
      let same = try await receiver.publish(try receiver.make(.singleFile))
      #expect(same.handshakeHash == artifact.handshakeHash)
      let receiving = try await receiver.start()
      var configuration = GranaryConfiguration()
      configuration.furtherPlugins = ["  - messages: { notices: { key: notice.key } }"]
      configuration.extra = ["peers: [\"\(receiving.endpoint())\"]"]
      try sender.configure(configuration)
      let sending = try await sender.start()
      let sent = try await notify(sender, artifact.name, "--superseded-by", String(repeating: "cd", count: 32), "--text", "take 2")
      let deadline = ContinuousClock.now + .seconds(60)
      var shown: [Shown.Notice] = []
      while shown.isEmpty, ContinuousClock.now < deadline { shown = try await notices(receiver, same) }
      #expect(shown.map(\.sequence) == [sent.sequence] && shown.map(\.signer) == ["depot"] && shown.map(\.ours) == [false])
      #expect(shown.first?.successor == String(repeating: "cd", count: 32))
      try await sending.terminate()
      try await receiving.terminate()
    }
  }
}
