import Foundation
import TestSupport
import Testing

extension Interop {
  /// Peers that prove who they are, and that no rule is about: refused, listed, approved, served, refused again.
  @Suite struct PendingTests {
    private struct Pending: GranaryDocument {
      static let schemaName = "granary.pending/1"
      struct Entry: Decodable {
        let id: String
        let principal: String
        let artifact: String?
        let infoHash: String?
        let address: String
        let operation: String
        let plugin: String
        let reason: String
        let count: Int
      }
      let pending: [Entry]
      let total: Int
    }

    private struct Approvals: GranaryDocument {
      static let schemaName = "granary.pending-approvals/1"
      struct Entry: Decodable {
        let id: String
        let principal: String
        let artifact: String?
        let operations: [String]
        let by: String
        let reason: String
      }
      let approvals: [Entry]
    }

    private struct Change: GranaryDocument {
      static let schemaName = "granary.pending-approval/1"
      let change: String
      let approval: Approvals.Entry
    }

    private func pending(_ host: GranaryHost) async throws -> [Pending.Entry] {
      try GranaryJSON.decode(Pending.self, from: try await host.json("pending")).pending
    }

    private func approvals(_ host: GranaryHost) async throws -> [Approvals.Entry] {
      try GranaryJSON.decode(Approvals.self, from: try await host.json("pending", "approvals")).approvals
    }

    @Test func `libtorrent with a key that no rule is about has what it wants while it is approved`() async throws {
      var configuration = GranaryConfiguration()
      (configuration.allow, configuration.identities) = ([], ["auth/key:known"])
      configuration.auth = "{ keys: auth.yaml, requires: none }"
      let auth = try await AuthHost.make(configuration, also: ["other"])
      let key = ["--key", "fleet-1", "--secret", AuthHost.secret]
      let (refused, _) = try await auth.fetch(key)
      #expect(!refused.finished && refused.downloaded == 0, "\(refused)")
      // Who proves nothing is nobody, and what is none of ours cannot be given.
      let (stranger, _) = try await auth.fetch(["--key", "fleet-1", "--secret", String(repeating: "11", count: 32)])
      #expect(!stranger.finished)

      let waiting = try await pending(auth.host)
      #expect(waiting.map(\.principal) == ["auth/key:fleet-1"], "\(waiting)")
      let wish = try #require(waiting.first)
      #expect(wish.artifact == auth.artifact.name && wish.infoHash == auth.artifact.infoHashV1 && wish.operation == "connect")
      #expect(wish.plugin == "allowlist" && wish.address.hasPrefix("127.0.0.1:"))

      let text = try await auth.host.json("pending", "approve", wish.id, "--for", "24h", "--reason", "until the rule is written")
      let change = try GranaryJSON.decode(Change.self, from: text)
      #expect(change.change == "approved" && change.approval.by == "uid \(getuid())")
      #expect(change.approval.operations == ["connect", "metadata", "request"])
      let (served, differences) = try await auth.fetch(key)
      #expect(served.finished && differences == [], "\(served)")
      let why = try await auth.host.why("127.0.0.1,auth/key:fleet-1", auth.artifact.name)
      #expect(why.verdict == "allow" && why.rule == "approval \(wish.id)" && why.plugin == "allowlist", "\(why)")
      #expect(why.reason.contains("until the rule is written (approved by uid \(getuid()))"))
      #expect(try await auth.host.journal().contains { $0.verdict == "allow" && $0.rule == "approval \(wish.id)" })
      // It is for this artifact and this key.
      let other = try #require(auth.others.first)
      let (elsewhere, _) = try await auth.fetch(key, of: other)
      #expect(!elsewhere.finished, "\(elsewhere)")
      #expect(try await pending(auth.host).map(\.artifact) == [other.name])

      // It holds after a restart.
      try await auth.node.terminate()
      #expect(try await approvals(auth.host).map(\.id) == [wish.id])
      let again = try await auth.host.start()
      let second = AuthHost(
        host: auth.host, original: auth.original, artifact: auth.artifact, others: auth.others, node: again, publicKey: auth.publicKey)
      #expect(try await second.fetch(key).report.finished)

      #expect(try await auth.host.run("pending", "revoke", wish.id).exit == .code(0))
      let (after, _) = try await second.fetch(key)
      #expect(!after.finished && after.downloaded == 0, "\(after)")
      #expect(try await approvals(auth.host).isEmpty)
      #expect(try await pending(auth.host).contains { $0.id == wish.id })
      // Rejected, it stays away.
      #expect(try await auth.host.run("pending", "reject", wish.id, "--reason", "never").exit == .code(0))
      _ = try await second.fetch(key)
      #expect(try await pending(auth.host).allSatisfy { $0.id != wish.id })
      try await again.terminate()
      #expect(try await auth.host.run("journal", "verify").exit == .code(0))
    }

    @Test func `a certificate that no rule is about is refused as ever, and served once it is approved without a node`() async throws {
      let pki = try await FleetPKI.make(members: ["depot", "edge", "other"])
      var sections = TLSSections()
      sections.fleet = pki.fleet("depot")
      var configuration = GranaryConfiguration.securing("fleet", sections: sections)
      (configuration.allow, configuration.identities) = ([], ["fleet/spiffe://corp/nobody"])
      let host = try GranaryHost(configuration)
      let artifact = try await host.publish(try host.make(.singleFile))
      var node = try await host.start()
      func probe(_ name: String) async throws -> Bool {
        var probe = TLSProbe(label: name, peer: node.endpoint(), bind: "127.87.0.1", probe: .fetch)
        (probe.certificate, probe.key, probe.hash) = (pki.certificate(name), pki.key(name), artifact.handshakeHash)
        return try await TLSProbe.run([probe]).allSatisfy(\.served)
      }
      #expect(try await !probe("edge"))
      #expect(try await !probe("other"))
      let waiting = try await pending(host)
      #expect(waiting.count == 2 && waiting.allSatisfy { $0.artifact == artifact.name && $0.principal.hasPrefix("fleet/spiffe://corp/") })
      let wish = try #require(waiting.first { $0.principal.contains("edge") })
      try await node.terminate()
      #expect(try await host.run("pending", "approve", wish.id, "--for", "1h", "--reason", "a drill").exit == .code(0))
      node = try await host.start()
      #expect(try await probe("edge"))
      #expect(try await !probe("other"))
      // A revoked certificate is no good, approved or not.
      try await pki.run("revoke", "edge")
      #expect(try await host.run("reload").exit == .code(0))
      #expect(try await !probe("edge"))
      #expect(try await pending(host).allSatisfy { $0.id != wish.id })
      try await node.terminate()
    }

    @Test func `what cannot be answered is refused with the exit code of its kind`() async throws {
      let host = try GranaryHost()
      func status(_ arguments: String...) async throws -> Int32? {
        if case .code(let code) = try await host.command(["pending"] + arguments).run(within: .seconds(60)).exit { code } else { nil }
      }
      #expect(try await status("--json") == 0)
      #expect(try await status("approve", "0123456789ab", "--for", "24h", "--reason", "x") == 66)
      #expect(try await status("revoke", "0123") == 66)
      #expect(try await status("approve", "0123456789ab", "--for", "soon", "--reason", "x") == 64)
      #expect(try await status("approve", "0123456789ab", "--for", "400d", "--reason", "x") == 64)
      #expect(try await status("approve", "0123456789ab", "--for", "24h") == 64)
    }
  }
}
