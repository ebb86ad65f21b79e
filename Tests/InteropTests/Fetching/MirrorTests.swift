import Foundation
import TestSupport
import Testing

extension Interop {
  /// Replicas that follow a catalogue and fetch by it, peers found through the depot's own tracker.
  @Suite struct MirrorTests {
    private struct Key: Decodable {
      let publicKey: String
      enum CodingKeys: String, CodingKey { case publicKey = "public_key" }
    }

    private struct Depot {
      let host: GranaryHost
      let catalogue: String
      let announce: String
      let key: String

      init() async throws {
        let (port, tracker) = (try FreePort.pick(), try FreePort.pick())
        var configuration = GranaryConfiguration()
        configuration.extra = [
          "catalogue: { listen: [{ address: \"127.0.0.1:\(port)\" }], key: catalogue.key, name: depot }",
          "tracker: { listen: [{ address: \"127.0.0.1:\(tracker)\", protocol: http }], interval: 10s }",
        ]
        host = try GranaryHost(configuration)
        (catalogue, announce) = ("http://127.0.0.1:\(port)/catalogue", "http://127.0.0.1:\(tracker)/announce")
        let made = try await ProcessRunner(
          GranaryHost.binary, ["catalogue", "keys", "new", "catalogue.key", "--json"], workingFolder: host.folder.path
        ).output(within: .seconds(30))
        key = try JSONDecoder().decode(Key.self, from: Data(made.utf8)).publicKey
      }

      func publish(_ name: String, seed: UInt64) async throws -> String {
        let original = try host.make(.singleFile, named: name, seed: seed)
        _ = try await host.publish(original, "--tracker", announce)
        return original
      }
    }

    private static func wait(_ what: String, _ host: GranaryHost, until isDone: ([String: String]) -> Bool) async throws {
      let deadline = ContinuousClock.now + .seconds(45)
      var last: [String: String] = [:]
      while ContinuousClock.now < deadline {
        last = Dictionary(try await host.list().artifacts.map { ($0.name, $0.state) }) { $1 }
        if isDone(last) { return }
      }
      throw ProcessFailure("\(what): \(last)\n\(try await host.json("journal"))")
    }

    @Test func `the newest version comes by itself, and the old one goes when its successor is here`() async throws {
      let depot = try await Depot()
      _ = try await depot.publish("app-1.9", seed: 1)
      let second = try await depot.publish("app-1.10", seed: 2)
      let node = try await depot.host.start()
      let replica = try GranaryHost.replica {
        $0.extra = [
          "mirror: [{ catalogue: \"\(depot.catalogue)\", keys: [\"\(depot.key)\"], take: \"app-*\", keep: 1, grace: 1s, every: 1s }]",
          "origins: [127.0.0.1]",
        ]
      }
      let follower = try await replica.start()
      try await Self.wait("app-1.10 did not come", replica) { $0 == ["app-1.10": "ready"] }
      try replica.expectFetched(second)
      let third = try await depot.publish("app-1.11", seed: 3)
      try await Self.wait("app-1.11 did not take its place", replica) { $0 == ["app-1.11": "ready"] }
      try replica.expectFetched(third)
      let status = try await replica.json("status")
      #expect(status.contains("\"mirrors\":[{\"catalogue\":\"http://127.0.0.1:") && !status.contains("\"problem\""), "\(status)")
      try await follower.terminate()
      try await node.terminate()
    }

    @Test func `what a person asks for by name comes from the catalogue, and is theirs`() async throws {
      let depot = try await Depot()
      let first = try await depot.publish("app-1.9", seed: 1)
      let second = try await depot.publish("app-1.10", seed: 2)
      let node = try await depot.host.start()
      // Paused: nothing comes by itself, and the keys are known.
      let mirror = "{ catalogue: \"\(depot.catalogue)\", keys: [\"\(depot.key)\"], take: \"app-*\", keep: 1, every: 1s, paused: true }"
      let replica = try GranaryHost.replica { $0.extra = ["mirror: [\(mirror)]", "origins: [127.0.0.1]"] }
      try await replica.fetch("app-*", from: [node.endpoint()])
      try replica.expectFetched(second)
      #expect(try await replica.list().artifacts.map(\.name) == ["app-1.10"])
      let follower = try await replica.start()
      try await replica.fetch("app-1.9", from: [])
      #expect(try replica.folder.read("data/app-1.9") == Array(Data(contentsOf: URL(fileURLWithPath: first))))
      try await follower.terminate()
      for (what, reason) in [("app-2", "no catalogue lists it"), ("./app-1.9", "cannot be read"), ("*.torrent", "cannot be read")] {
        let result = try await replica.fetching(what, from: [], limit: "5s").run()
        #expect(result.exit == .code(66) && result.errors.contains(reason), "\(what): \(result)")
      }
      try await node.terminate()
      let result = try await replica.fetching("app-1.9", from: [], limit: "5s").run()
      #expect(result.exit == .code(69) && result.errors.contains("the catalogue cannot be had"), "\(result)")
    }

    @Test func `a catalogue that no key of the command has signed gives nothing`() async throws {
      let depot = try await Depot()
      let original = try await depot.publish("app-1", seed: 1)
      let node = try await depot.host.start()
      let replica = try GranaryHost.replica { $0.extra = ["origins: [127.0.0.1]"] }
      func fetching(_ options: String...) -> ProcessRunner {
        var runner = replica.fetching("app-1", from: [node.endpoint()], limit: "20s")
        runner.arguments += ["--catalogue", depot.catalogue] + options
        return runner
      }
      let unknown = try await fetching().run()
      #expect(unknown.exit == .code(64) && unknown.errors.contains("no 'mirror' follows this catalogue"), "\(unknown)")
      let forged = try await fetching("--key", String(repeating: "ab", count: 32)).run()
      #expect(forged.exit == .code(65) && forged.errors.contains("not signed by a key that is trusted"), "\(forged)")
      #expect(try await replica.list().artifacts.isEmpty)
      let good = try await fetching("--key", depot.key).run()
      #expect(good.exit == .code(0), "\(good)")
      try replica.expectFetched(original)
      try await node.terminate()
    }
  }
}
