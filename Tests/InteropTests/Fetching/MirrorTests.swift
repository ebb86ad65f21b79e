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
      try await follower.terminate()
      try await node.terminate()
    }
  }
}
