import Foundation
import TestSupport
import Testing

extension Interop {
  /// A fetch from an HTTP origin, with no peers.
  @Suite struct WebSeedTests {
    private struct Origin {
      let host: GranaryHost
      let original: String
      let artifact: GranaryArtifact
      let port: UInt16

      init(_ kind: String = "--v1", _ make: Artifacts = .awkward, path: String = "/") async throws {
        host = try GranaryHost()
        original = try host.make(make)
        port = try FreePort.pick()
        artifact = try await host.publish(original, kind, "--web-seed", "http://127.0.0.1:\(port)\(path)")
      }

      var data: String { host.folder.path("data") }
    }

    private static func replica() throws -> GranaryHost { try .replica { $0.extra = ["origins: [127.0.0.1]"] } }

    @Test(arguments: ["--v1", "--hybrid", "--v2"])
    func `an artifact comes from nginx alone, over one kept connection`(kind: String) async throws {
      let origin = try await Origin(kind)
      let nginx = try await Nginx.start(serving: origin.data, port: origin.port)
      let replica = try Self.replica()
      try await replica.fetch(origin.artifact.torrent, from: [])
      try replica.expectFetched(origin.original)
      let ranges = try nginx.ranges
      #expect(ranges.count > 3 && ranges.allSatisfy { $0[1] == "206" })
      #expect(Set(ranges.map { $0[0] }).count == 1, "\(ranges)")
      try await nginx.process.terminate()
    }

    @Test func `a host that the operator does not list is not asked`() async throws {
      let origin = try await Origin()
      let nginx = try await Nginx.start(serving: origin.data, port: origin.port)
      let replica = try GranaryHost.replica()
      #expect(try await replica.fetching(origin.artifact.torrent, from: [], limit: "3s").run().exit == .code(69))
      #expect(try nginx.ranges.isEmpty)
      try await nginx.process.terminate()
    }

    @Test func `an origin that knows no ranges, and one that has moved, give it all the same`() async throws {
      for extra in ["max_ranges 0;", "location /old/ { rewrite ^/old/(.*)$ /$1 permanent; }"] {
        let origin = try await Origin("--v1", .parts, path: extra.hasPrefix("location") ? "/old/" : "/")
        let nginx = try await Nginx.start(serving: origin.data, port: origin.port, extra: extra)
        let replica = try Self.replica()
        try await replica.fetch(origin.artifact.torrent, from: [])
        try replica.expectFetched(origin.original)
        try await nginx.process.terminate()
      }
    }

    @Test func `an origin that dies midway and comes back is gone on with`() async throws {
      let origin = try await Origin("--v1", .parts)
      let slow = "limit_rate 200k;"
      let first = try await Nginx.start(serving: origin.data, port: origin.port, extra: slow)
      let replica = try Self.replica()
      let fetching = try replica.fetching(origin.artifact.torrent, from: []).start()
      while try first.ranges.isEmpty, fetching.exit == nil { _ = await fetching.exit(within: .milliseconds(50)) }
      await first.process.kill()
      let second = try await Nginx.start(serving: origin.data, port: origin.port)
      #expect(await fetching.exit(within: .seconds(170)) == .code(0), "\(fetching.errors)")
      try replica.expectFetched(origin.original)
      try await second.process.terminate()
    }

    @Test func `an origin that has it later is asked again`() async throws {
      let origin = try await Origin("--v1", .singleFile)
      let empty = try TemporaryDirectory("later")
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: empty.path)
      let nginx = try await Nginx.start(serving: empty.path, port: origin.port)
      let replica = try Self.replica()
      let fetching = try replica.fetching(origin.artifact.torrent, from: []).start()
      let deadline = ContinuousClock.now + .seconds(30)
      while try nginx.ranges.isEmpty, fetching.exit == nil, ContinuousClock.now < deadline {
        _ = await fetching.exit(within: .milliseconds(50))
      }
      #expect(try nginx.ranges.allSatisfy { $0[1] == "404" } && fetching.exit == nil)
      let name = URL(fileURLWithPath: origin.original).lastPathComponent
      try FileManager.default.copyItem(atPath: origin.original, toPath: empty.path(name))
      #expect(await fetching.exit(within: .seconds(170)) == .code(0), "\(fetching.errors)")
      try replica.expectFetched(origin.original)
      try await nginx.process.terminate()
    }

    @Test func `an origin with wrong bytes is left alone with a reason, and nothing wrong is kept`() async throws {
      let origin = try await Origin("--v1", .singleFile)
      let wrong = try TemporaryDirectory("wrong")
      var bytes = try origin.host.folder.read("data/singleFile")
      for index in stride(from: 100, to: bytes.count, by: 40_000) { bytes[index] ^= 1 }
      try wrong.write(bytes, to: "singleFile")
      let nginx = try await Nginx.start(serving: wrong.path, port: origin.port)
      let replica = try Self.replica()
      #expect(try await replica.fetching(origin.artifact.torrent, from: [], limit: "12s").run().exit == .code(69))
      let rows = try await replica.journal().filter { $0.rule == "data" }
      #expect(rows.contains { $0.principal == "http://127.0.0.1:\(origin.port)" && $0.reason?.contains("piece") == true }, "\(rows)")
      try await nginx.process.terminate()
    }
  }
}
