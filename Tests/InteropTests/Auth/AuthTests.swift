import Foundation
import TestSupport
import Testing

extension Interop {
  /// The auth handshake with libtorrent, whose plugin is written here as a team would write it.
  @Suite struct AuthTests {
    private let shared = ["--key", "fleet-1", "--secret", AuthHost.secret]

    @Test(arguments: ["--v1", "--hybrid"])
    func `libtorrent proves a shared key, we prove it too, and it has every byte`(kind: String) async throws {
      let auth = try await AuthHost.make(kind)
      let (report, differences) = try await auth.fetch(shared)
      #expect(report.proven && differences == [], "\(report)")
      let row = try #require(try await auth.host.journal().first { $0.verdict == "allow" && $0.operation == "connect" })
      #expect(row.principal == "auth/key:fleet-1")
      #expect(try await auth.host.why("127.0.0.1,auth/key:fleet-1", auth.artifact.name).verdict == "allow")
      #expect(try await auth.host.why("127.0.0.1", auth.artifact.name).reason == "it has not proven itself (gr_auth)")
      try await auth.node.terminate()
    }

    @Test func `libtorrent and we prove keys of our own`() async throws {
      let folder = try TemporaryDirectory("own")
      let edge = try await AuthHost.ownKey("edge-7", folder.path("edge.yaml"))
      let auth = try await AuthHost.make(keys: ["{ id: edge-7, public: \(edge.publicKey) }"])
      let own = ["--key", "edge-7", "--seed", edge.seed, "--their-key", "depot"]
      let (report, differences) = try await auth.fetch(own + ["--public", auth.publicKey])
      #expect(report.proven && differences == [], "\(report)")
      // A node that is not the one that the client knows is found out, and has nothing of the client's.
      let (deceived, _) = try await auth.fetch(own + ["--public", edge.publicKey])
      #expect(!deceived.proven && deceived.refused == "the peer's proof is wrong", "\(deceived)")
      try await auth.node.terminate()
    }

    @Test func `libtorrent's plugin and we tell each other things of our own once it has proven itself`() async throws {
      var configuration = GranaryConfiguration()
      configuration.auth = "{ keys: auth.yaml, requires: none }"
      configuration.furtherPlugins = [
        "  - messages:", "      - name: corp_hello", "        send: handshake", "        body: { of: \"${artifact.name}\" }",
        "        from: [auth/key:fleet-1]", "        reply: { to: \"${peer.principal}\" }", "        store: [host]",
      ]
      let auth = try await AuthHost.make(configuration)
      let (report, _) = try await auth.fetch(
        shared + ["--hear", "corp_hello", "--hear", "corp_hello", "--say", "corp_hello=d4:host5:edge7e", "--rate", "400000"])
      let heard = report.heard.map { String(decoding: PeerBytes.hex(String($0.dropFirst("corp_hello=".count))), as: UTF8.self) }
      #expect(heard.contains("d2:of5:prizee"), "\(heard)")
      #expect(heard.contains("d2:to16:auth/key:fleet-1e"), "\(heard)")
      let stored = try await auth.host.command(["messages"]).output()
      #expect(stored.contains("edge7") && stored.contains("auth/key:fleet-1"), "\(stored)")
      try await auth.node.terminate()
    }

    @Test func `wrong, replayed, revoked and ended proofs get nothing, and the journal says which`() async throws {
      let auth = try await AuthHost.make(keys: [
        "{ id: lost, secret: \(AuthHost.secret), revoked: true, reason: stolen }",
        "{ id: old, secret: \(AuthHost.secret), until: \"2020-01-01\" }",
        "{ id: new, secret: \(AuthHost.secret), not-before: \"2100-01-01\" }",
      ])
      let (good, _) = try await auth.fetch(shared)
      #expect(good.finished)
      let wrong = String(repeating: "5b", count: 32)
      let attempts: [(arguments: [String], reason: String)] = [
        (["--key", "fleet-1", "--secret", wrong], "is not key fleet-1's for this connection"),
        (shared + ["--replay", good.proof], "a proof of another connection"),
        (["--key", "lost", "--secret", AuthHost.secret], "key lost is revoked: stolen"),
        (["--key", "old", "--secret", AuthHost.secret], "key old ended"),
        (["--key", "new", "--secret", AuthHost.secret], "key new is good from"),
        (["--key", "nobody", "--secret", AuthHost.secret], "there is no key 'nobody'"),
      ]
      for attempt in attempts {
        let (report, _) = try await auth.fetch(attempt.arguments)
        #expect(!report.finished && !report.proven && report.downloaded == 0 && !report.proof.isEmpty, "\(attempt.reason): \(report)")
        #expect(try await auth.reasons().contains { $0.contains(attempt.reason) }, "\(attempt.reason)")
      }
      try await auth.node.terminate()
    }

    @Test func `a key that is revoked while its holder downloads ends that`() async throws {
      let auth = try await AuthHost.make()
      let folder = try TemporaryDirectory("held")
      let client = try await AuthClient.make()
      let process = try client.start(
        auth.artifact.torrent, into: folder.path, ["--peer", auth.node.endpoint(), "--rate", "50000"] + shared, limit: .seconds(60))
      try await auth.host.waitUntilUploaded(1)
      try AuthHost.write(["keys:", "  - { id: fleet-1, secret: \(AuthHost.secret), revoked: true }"], to: "auth.yaml", in: auth.host)
      #expect(try await auth.host.run("reload").exit == .code(0))
      let deadline = ContinuousClock.now + .seconds(20)
      while try await auth.host.status().peers > 0, ContinuousClock.now < deadline {}
      #expect(try await auth.host.status().peers == 0)
      #expect(try await auth.reasons().contains { $0.contains("key fleet-1 is revoked") })
      process.send(SIGKILL)
      try await auth.node.terminate()
    }

    @Test func `our node dials libtorrent and proves itself first`() async throws {
      let client = try await AuthClient.make()
      let auth = try await AuthHost.make()
      let folder = URL(fileURLWithPath: auth.original).deletingLastPathComponent().path
      let known = shared + ["--their-key", "depot", "--public", auth.publicKey]
      let seeding = try client.start(
        auth.artifact.torrent, into: folder, known + ["--listen", "127.0.0.9:0", "--stay"], limit: .seconds(60))
      let port = try await listeningPort(of: seeding)
      var configuration = GranaryConfiguration()
      configuration.auth = "{ keys: auth.yaml, requires: none }"
      configuration.extra = ["peers:", "  - { address: \"127.0.0.9:\(port)\" }"]
      try host(auth, takes: configuration)
      #expect(try await auth.host.run("reload").exit == .code(0))
      let deadline = ContinuousClock.now + .seconds(20)
      var row: JournalRow?
      while row == nil, ContinuousClock.now < deadline {
        row = try await auth.host.journal().first { $0.principal == "auth/key:fleet-1" && $0.verdict == "allow" }
      }
      #expect(row != nil)
      seeding.send(SIGTERM)
      try await auth.node.terminate()
    }

    private func host(_ auth: AuthHost, takes configuration: GranaryConfiguration) throws { try auth.host.configure(configuration) }

    private func listeningPort(of process: RunningProcess) async throws -> String {
      let deadline = ContinuousClock.now + .seconds(20)
      while ContinuousClock.now < deadline {
        if let line = process.errors.split(separator: "\n").first(where: { $0.hasPrefix("listening ") }) {
          return String(line.dropFirst("listening ".count))
        }
        _ = await process.exit(within: .milliseconds(20))
      }
      throw ProcessFailure("auth_peer does not listen: \(process.errors)")
    }
  }
}
