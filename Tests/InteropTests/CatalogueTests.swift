import Foundation
import TestSupport
import Testing

extension Interop {
  /// A node's catalogue, read by software that is not ours and followed by another node.
  @Suite struct CatalogueTests {
    private struct Depot {
      let host: GranaryHost
      let port: UInt16
      let publicKey: String

      var base: String { "http://127.0.0.1:\(port)" }

      init(allow: [String] = ["127.0.0.0/8"], further: [String] = [], rules: [String]? = nil, keyed: String = "catalogue.key") async throws
      {
        port = try FreePort.pick()
        var configuration = GranaryConfiguration()
        (configuration.allow, configuration.requestRules) = (allow, rules)
        configuration.extra = ["catalogue: { listen: [{ address: \"127.0.0.1:\(port)\" }], key: \(keyed), name: depot }"] + further
        host = try GranaryHost(configuration)
        let made = try await ProcessRunner(
          GranaryHost.binary, ["catalogue", "keys", "new", keyed, "--json"], workingFolder: host.folder.path
        ).output(within: .seconds(30))
        publicKey = try JSONDecoder().decode(Key.self, from: Data(made.utf8)).publicKey
      }

      func read(from address: String = "127.0.0.1", saving folder: String? = nil) async throws -> Report {
        let arguments = ["--base", base, "--bind", address] + (folder.map { ["--save", $0] } ?? [])
        let result = try await PythonScript.runner("catalogue_read.py", arguments).run(within: .seconds(60))
        guard result.exit == .code(0) else { throw ProcessFailure("\(result)") }
        return try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
      }
    }

    private struct Key: Decodable {
      let publicKey: String
      enum CodingKeys: String, CodingKey { case publicKey = "public_key" }
    }

    private struct Report: Decodable {
      struct Entry: Decodable {
        let name: String
        let size: Int
        let matches: Bool
      }
      struct Item: Decodable {
        let title: String
        let type: String
        let length: Int
        let read: Int
      }
      let statuses: [String: Int]
      let artifacts: [Entry]
      let feed: [Item]
      let unchanged: Int?
    }

    @Test func `urllib and an XML parser read it, and a stranger finds nothing`() async throws {
      let depot = try await Depot(allow: ["127.0.0.1", "127.0.0.2"])
      for name in ["app-1.9", "app-1.10"] { _ = try await depot.host.publish(try depot.host.make(.singleFile, named: name)) }
      let node = try await depot.host.start()
      let report = try await depot.read()
      #expect(report.artifacts.map(\.name) == ["app-1.9", "app-1.10"] && report.artifacts.allSatisfy { $0.matches })
      #expect(report.unchanged == 304)
      #expect(report.feed.count == 2 && report.feed.allSatisfy { $0.type == "application/x-bittorrent" && $0.length == $0.read })
      let stranger = try await depot.read(from: "127.0.0.9")
      #expect(stranger.statuses == ["catalogue": 404, "rss": 404])
      try await node.terminate()
    }

    @Test func `aria2 downloads what the feed's enclosure leads to`() async throws {
      let tracker = try FreePort.pick()
      let depot = try await Depot(further: ["tracker: { listen: [{ address: \"127.0.0.1:\(tracker)\", protocol: http }], interval: 10s }"])
      let original = try depot.host.make(.manySmallFiles, named: "app-1")
      _ = try await depot.host.publish(original, "--v1", "--tracker", "http://127.0.0.1:\(tracker)/announce")
      let node = try await depot.host.start()
      let folder = try TemporaryDirectory("feed")
      #expect(try await depot.read(saving: folder.path).feed.map(\.title) == ["app-1"])
      try await expectDownload(
        Download(client: .aria2, source: .torrent(folder.path("app-1.torrent")), address: "127.0.0.4"), equals: original)
      try await node.terminate()
    }

    private struct Shown: Decodable {
      let name: String
      let trusted: Bool?
      let artifacts: [Artifact]
      struct Artifact: Decodable { let name: String }
    }

    @Test func `commands show it and judge it, and a replica follows it`() async throws {
      let depot = try await Depot()
      _ = try await depot.host.publish(try depot.host.make(.singleFile, named: "app-1"))
      let node = try await depot.host.start()
      let url = depot.base + "/catalogue"
      let shown = try JSONDecoder().decode(
        Shown.self, from: Data(try await depot.host.json("catalogue", "show", url, "--key", depot.publicKey).utf8))
      #expect(shown.name == "depot" && shown.trusted == true && shown.artifacts.map(\.name) == ["app-1"])
      #expect(try await depot.host.run("catalogue", "verify", url, "--key", depot.publicKey, "--max-age", "1h").exit == .code(0))
      let other = String(repeating: "ab", count: 32)
      let refused = try await depot.host.run("catalogue", "verify", url, "--key", other)
      #expect(refused.exit == .code(65) && refused.errors.contains("not signed by a key that is trusted"))

      var configuration = GranaryConfiguration()
      configuration.extra = ["mirror: [{ catalogue: \"\(url)\", keys: [\"\(depot.publicKey)\"], take: \"app-*\", every: 1s }]"]
      let replica = try GranaryHost(configuration)
      #expect(try await replica.run("check").exit == .code(0))
      let follower = try await replica.start()
      try await replica.waitForJournal("accept", "1 artifacts, signed with the key")
      try await follower.terminate()
      #expect(try await replica.json("catalogue", "mirrors").contains("\"name\":\"depot\""))

      configuration.extra = ["mirror: [{ catalogue: \"\(url)\", keys: [\"\(other)\"], take: \"app-*\", every: 1s }]"]
      try replica.configure(configuration)
      let doubter = try await replica.start()
      try await replica.waitForJournal("deny", "not signed by a key that is trusted")
      try await doubter.terminate()
      try await node.terminate()
    }

    @Test func `over mutual TLS only the fleet reads it, by identity`() async throws {
      let pki = try await FleetPKI.make(members: ["edge"])
      try await pki.run("issue", "depot", "--dns", "localhost", "--spiffe", "spiffe://corp/depot")
      func entry(_ member: String) -> String {
        "tls: { fleet: { " + pki.fleet(member).map { "\($0.key): \"\($0.value)\"" }.joined(separator: ", ") + " } }"
      }
      let port = try FreePort.pick()
      var configuration = GranaryConfiguration()
      (configuration.allow, configuration.identities) = ([], ["fleet/spiffe://corp/edge"])
      configuration.extra = [
        entry("depot"), "catalogue: { listen: [{ address: \"127.0.0.1:\(port)\", tls: fleet }], key: catalogue.key }",
      ]
      let depot = try GranaryHost(configuration)
      _ = try await ProcessRunner(
        GranaryHost.binary, ["catalogue", "keys", "new", "catalogue.key"], workingFolder: depot.folder.path
      ).output(within: .seconds(30))
      _ = try await depot.publish(try depot.make(.singleFile, named: "app-1"))
      let node = try await depot.start()
      let url = "https://localhost:\(port)/catalogue"
      var edge = GranaryConfiguration()
      edge.extra = [entry("edge"), "https: fleet"]
      let member = try GranaryHost(edge)
      let shown = try await member.run("catalogue", "show", url)
      #expect(shown.exit == .code(0) && shown.output.contains("app-1"), "\(shown)")
      edge.extra = [entry("depot"), "https: fleet"]
      let stranger = try await GranaryHost(edge).run("catalogue", "show", url)
      #expect(stranger.exit == .code(69) && stranger.errors.contains("status 404"), "\(stranger)")
      let bare = try await ProcessRunner("curl", ["-sk", "--max-time", "10", url]).run(within: .seconds(20))
      #expect(bare.exit != .code(0))
      try await node.terminate()
    }
  }
}

extension GranaryHost {
  /// Waits for a row of the mirror's in the journal; each question is a process of its own, which is pause enough.
  fileprivate func waitForJournal(_ verdict: String, _ reason: String) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    var last = ""
    while ContinuousClock.now < deadline {
      last = try await json("journal")
      if last.contains(reason), last.contains("\"verdict\":\"\(verdict)\"") { return }
    }
    throw ProcessFailure("no row of the journal says \(reason): \(last)")
  }
}
