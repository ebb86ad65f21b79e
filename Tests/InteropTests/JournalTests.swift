import Foundation
import TestSupport
import Testing

extension Interop {
  /// The journal of a running node, and what other programs do to it.
  @Suite struct JournalTests {
    private struct Verification: GranaryDocument {
      static let schemaName = "granary.journal.verify/1"

      struct Fault: Decodable, Sendable { let row: Int64? }

      let sound: Bool
      let faults: [Fault]
      let rows: Int
      let openRows: Int
      let unsignedLinks: Int
      let head: String?
    }

    private struct Status: GranaryDocument {
      static let schemaName = "granary.status/1"

      struct Journal: Decodable, Sendable {
        let key: String
        let head: String?
        let checkpoint: String?
      }

      let journal: Journal
    }

    private func verify(_ host: GranaryHost, _ arguments: String...) async throws -> (
      exit: ProcessExit?, found: Verification, errors: String
    ) {
      let result = try await host.command(["journal", "verify", "--json"] + arguments).run(within: .seconds(60))
      return (result.exit, try GranaryJSON.decode(Verification.self, from: result.output), result.errors)
    }

    /// The system's SQLite, as an operator has it.
    private func edit(_ host: GranaryHost, _ sql: String) async throws {
      let script = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1], timeout=20); db.executescript(sys.argv[2]); db.close()"
      try await ProcessRunner("/usr/bin/python3", ["-c", script, host.folder.path("state/inventory.sqlite"), sql]).output()
    }

    private func refusedHost() throws -> GranaryHost {
      var configuration = GranaryConfiguration()
      configuration.allow = ["127.0.1.0/24"]
      return try GranaryHost(configuration)
    }

    /// Peers that are refused, each at an address of its own, the first one three times.
    private func knock(_ node: GranaryProcess, _ artifact: GranaryArtifact, _ addresses: [String]) async throws {
      for address in addresses + Array(repeating: addresses[0], count: 2) {
        let peer = try await RawPeer.dial(node.endpoint(), from: address)
        await peer.send(PeerBytes.handshake(infoHash: PeerBytes.hex(artifact.handshakeHash)))
        #expect(try await peer.isHungUp())
      }
    }

    @Test func `refusals have their facts, and a row that another program has edited is named`() async throws {
      let host = try refusedHost()
      let artifact = try await host.publish(try host.make(.singleFile))
      let node = try await host.start()
      try await knock(node, artifact, (1...5).map { "127.0.2.\($0)" })
      let rows = try await host.refusals(of: "127.0.2.1")
      #expect(rows.count == 1 && rows[0].count == 3)
      #expect(rows[0].facts?.operation == "connect" && rows[0].facts?.address.hasPrefix("127.0.2.1:") == true)
      #expect(rows[0].facts?.link == "plain" && rows[0].facts?.direction == "inbound")

      let running = try await verify(host)
      #expect(running.exit == .code(0) && running.found.sound && running.found.rows >= 5 && running.found.openRows > 0, "\(running.errors)")
      let status = try GranaryJSON.decode(Status.self, from: try await host.json("status")).journal
      #expect(status.head != nil && status.checkpoint != nil)
      try await node.terminate()

      let ended = try await verify(host, "--key", status.key)
      #expect(ended.exit == .code(0) && ended.found.openRows == 0 && ended.found.unsignedLinks == 0, "\(ended.errors)")
      let (head, checkpoint) = (try #require(ended.found.head), try #require(status.checkpoint))
      #expect(try await verify(host, "--head", checkpoint).exit == .code(0))
      try await edit(host, "UPDATE journal SET reason = 'was welcome' WHERE id = 3")
      let edited = try await verify(host)
      #expect(edited.exit == .code(65) && !edited.found.sound && edited.found.faults.first?.row == 3)
      #expect(edited.errors.contains("row 3"))
      let other = try await verify(host, "--key", String(repeating: "ab", count: 32))
      #expect(other.exit == .code(65))
      // The end is cut off, and nothing in the file tells of it any more; the log does.
      try await edit(
        host,
        """
        DELETE FROM journal WHERE id >= 3; DELETE FROM journal_chain WHERE seq > (SELECT min(seq) FROM journal_chain WHERE journal_id = 2);
        UPDATE journal SET open_until = 1 WHERE refused;
        UPDATE sqlite_sequence SET seq = (SELECT max(id) FROM journal) WHERE name = 'journal';
        UPDATE sqlite_sequence SET seq = (SELECT max(seq) FROM journal_chain) WHERE name = 'journal_chain'
        """)
      #expect(try await verify(host).exit == .code(0))
      #expect(try await verify(host, "--head", head).exit == .code(65))
    }

    @Test func `a node goes on with a journal that was edited while it ran, and does not vouch for it`() async throws {
      let host = try refusedHost()
      let artifact = try await host.publish(try host.make(.singleFile))
      let node = try await host.start()
      try await knock(node, artifact, ["127.0.2.1", "127.0.2.2"])
      #expect(try await verify(host).exit == .code(0))
      try await edit(host, "DELETE FROM journal_chain WHERE seq = (SELECT max(seq) FROM journal_chain)")
      try await knock(node, artifact, ["127.0.2.3"])
      #expect(try await verify(host).exit == .code(65))
      #expect(try await host.status().warnings.contains { $0.contains("another hand") })
      try await node.terminate()
      #expect(try await verify(host).exit == .code(65))
    }

    @Test func `kill -9 at any moment leaves a journal that verifies`() async throws {
      var generator = SeededGenerator(seed: 5)
      let host = try refusedHost()
      let artifact = try await host.publish(try host.make(.singleFile))
      for round in 1...6 {
        let node = try await host.start()
        let endpoint = node.endpoint()
        let knocking = Task {
          for number in 0..<200 where !Task.isCancelled {
            guard let peer = try? await RawPeer.dial(endpoint, from: "127.0.2.\(number % 250 + 1)") else { break }
            await peer.send(PeerBytes.handshake(infoHash: PeerBytes.hex(artifact.handshakeHash)))
            _ = try? await peer.isHungUp(within: .seconds(2))
          }
        }
        _ = await node.process.kill(after: .milliseconds(Int.random(in: 50...900, using: &generator)))
        knocking.cancel()
        _ = await knocking.value
        let found = try await verify(host)
        #expect(found.exit == .code(0), "round \(round): \(found.errors)")
      }
      let node = try await host.start()
      try await node.terminate()
      let found = try await verify(host).found
      #expect(found.sound && found.openRows == 0 && found.unsignedLinks == 0 && found.rows > 0)
    }

    @Test func `a key that others can read stops the start`() async throws {
      let host = try refusedHost()
      let node = try await host.start()
      try await node.terminate()
      let key = host.folder.path("state/journal.key")
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: key)
      let result = try await host.run("run", within: .seconds(20))
      #expect(result.exit == .code(77) && result.errors.contains("journal.key"), "\(result)")
    }

    @Test func `why shows the tree for a peer that is connected, by its number`() async throws {
      let host = try GranaryHost()
      let artifact = try await host.publish(try host.make(.parts))
      let node = try await host.start()
      let peer = try await RawPeer.dial(node.endpoint(), from: "127.0.1.1")
      #expect(try await peer.shakeHands(artifact))
      let number = try #require(try await connections(host).first?.number)
      let result = try await host.run("why", "\(number)", artifact.name)
      #expect(result.exit == .code(0))
      #expect(result.output.contains("connected as number \(number)") && result.output.contains("├─ connect: allow"))
      #expect(result.output.contains("granted: everything"))
      await peer.close()
      try await node.terminate()
    }

    private struct Peers: GranaryDocument {
      static let schemaName = "granary.peers/1"

      struct Peer: Decodable, Sendable { let number: UInt64 }

      let peers: [Peer]
    }

    private func connections(_ host: GranaryHost) async throws -> [Peers.Peer] {
      try GranaryJSON.decode(Peers.self, from: try await host.json("peers")).peers
    }

    @Test func `following shows what comes, a document a line`() async throws {
      let host = try refusedHost()
      let artifact = try await host.publish(try host.make(.singleFile))
      let node = try await host.start()
      try await knock(node, artifact, ["127.0.2.1"])
      let follower = try host.command(["journal", "--follow", "--refused", "--peer", "127.0.2.9", "--json"]).start()
      try await knock(node, artifact, ["127.0.2.9", "127.0.2.8"])
      let deadline = ContinuousClock.now + .seconds(20)
      while !follower.output.contains("127.0.2.9"), ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(100)) }
      follower.send(SIGINT)
      _ = await follower.exit(within: .seconds(10))
      let lines = follower.output.split(separator: "\n")
      #expect(lines.count == 1 && lines[0].contains("granary.journal/1") && lines[0].contains("127.0.2.9"), "\(follower.output)")
      try await node.terminate()
    }
  }
}
