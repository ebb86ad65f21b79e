import Foundation
import TestSupport
import Testing

extension Interop {
  /// A node that is reached elsewhere than where it listens, and one with a plain and a TLS port for one artifact.
  @Suite struct AnnounceAddressTests {
    /// What stands between the node and its peers: they come to it at `outer`, and it comes to the node from an address of its own.
    private struct Router {
      static let source = "127.66.0.1"
      let outer: String
      let process: RunningProcess

      static func start(_ outer: String, to node: String) async throws -> Router {
        let arguments = ["--listen", outer, "--to", node, "--source", source]
        let process = try PythonScript.runner("port_forward.py", arguments).start()
        try await process.waitUntilSaying("listening")
        return Router(outer: outer, process: process)
      }

      /// Bytes that it has carried to peers.
      var carried: Int {
        process.output.split(separator: "\n").compactMap { line in
          line.hasSuffix(" out") ? line.split(separator: " ").dropLast().last.flatMap { Int($0) } : nil
        }.reduce(0, +)
      }
    }

    /// A node at a known port that nobody but a router, and its trackers, may come to.
    private static func depot(_ extra: [String], listen port: UInt16, allow: [String] = [Router.source]) throws -> GranaryHost {
      var configuration = GranaryConfiguration()
      configuration.listen = ["127.0.0.1:\(port)"]
      (configuration.allow, configuration.extra) = (allow, extra)
      return try GranaryHost(configuration)
    }

    @Test(arguments: [(StockClient.aria2, "http"), (.libtorrent, "http"), (.libtorrent, "udp")])
    func `a stock client that opentracker sends to the mapped port comes through the router`(
      client: StockClient, scheme: String
    ) async throws {
      let (inner, mapped) = (try FreePort.pick(), try FreePort.pick())
      let host = try Self.depot(["announce-address: \(mapped)"], listen: inner)
      let original = try host.make(.manySmallFiles)
      let address = OpenTracker.loopbackAddress()
      let artifact = try await host.publish(original, "--v1", "--tracker", OpenTracker.announce(address, scheme: scheme))
      let tracker = try await OpenTracker.start(at: address, for: [artifact])
      let node = try await host.start()
      let router = try await Router.start("127.0.0.1:\(mapped)", to: "127.0.0.1:\(inner)")
      try await tracker.waitUntilNaming(router.outer, for: artifact)
      try await expectDownload(Download(client: client, source: .torrent(artifact.torrent), address: "127.0.0.4"), equals: original)
      try await router.process.waitUntilSaying("forwarded")
      #expect(router.carried > 0)
      // It says goodbye where it said hello.
      try await node.terminate()
      try await tracker.waitUntilForgetting(router.outer, for: artifact)
      await router.process.kill()
    }

    @Test func `the node's own tracker sends peers to the address and port that are announced`() async throws {
      let (inner, mapped, port) = (try FreePort.pick(), try FreePort.pick(), try FreePort.pick())
      let outer = "127.66.0.9:\(mapped)"
      let extra = [
        "announce-address: \(outer)", "tracker: { listen: [{ address: \"127.0.0.1:\(port)\", protocol: http }], interval: 10s }",
      ]
      let host = try Self.depot(extra, listen: inner, allow: ["127.0.0.0/8"])
      let original = try host.make(.manySmallFiles)
      let artifact = try await host.publish(original, "--v1", "--tracker", "http://127.0.0.1:\(port)/announce")
      let node = try await host.start()
      let router = try await Router.start(outer, to: "127.0.0.1:\(inner)")
      try await expectDownload(Download(client: .aria2, source: .torrent(artifact.torrent), address: "127.0.0.4"), equals: original)
      try await router.process.waitUntilSaying("forwarded")
      let payload = artifact.files.reduce(0) { $0 + $1.length }
      #expect(router.carried >= payload, "the router carried \(router.carried) of \(payload) bytes")
      try await node.terminate()
      await router.process.kill()
    }

    @Test func `a reload moves what trackers are told`() async throws {
      let (inner, before, after) = (try FreePort.pick(), try FreePort.pick(), try FreePort.pick())
      let host = try Self.depot(["announce-address: \(before)"], listen: inner)
      let address = OpenTracker.loopbackAddress()
      let artifact = try await host.publish(try host.make(.singleFile), "--tracker", OpenTracker.announce(address))
      let tracker = try await OpenTracker.start(at: address, for: [artifact])
      let node = try await host.start()
      try await tracker.waitUntilNaming("127.0.0.1:\(before)", for: artifact)
      let yaml = try String(contentsOfFile: host.folder.path("granary.yaml"), encoding: .utf8)
      try host.folder.write(Array(yaml.replacing("\(before)", with: "\(after)").utf8), to: "granary.yaml")
      #expect(try await !host.json("reload").contains("restart"))
      try await tracker.waitUntilNaming("127.0.0.1:\(after)", for: artifact)
      try await tracker.waitUntilForgetting("127.0.0.1:\(before)", for: artifact)
      try await node.terminate()
    }

    /// A depot in the middle of a move from plain to TLS, a stock client that is not part of it, and a replica that speaks TLS alone.
    @Test func `an artifact is had over a plain and a TLS port, and what is for TLS alone is announced there alone`() async throws {
      let pki = try await FleetPKI.make(members: ["depot", "edge"])
      let (plain, secure) = (try FreePort.pick(), try FreePort.pick())
      var depot = TLSSections()
      depot.fleet = pki.fleet("depot")
      depot.extra = ["announce-links: [{ artifacts: [secret], links: tls }, { artifacts: [\"*\"], links: both }]"]
      var configuration = GranaryConfiguration()
      (configuration.listen, configuration.secureListen) = (["127.0.0.1:\(plain)"], [("127.0.0.1:\(secure)", "fleet")])
      configuration.extra = depot.lines
      let host = try GranaryHost(configuration)
      let address = OpenTracker.loopbackAddress()
      let originals = [try host.make(.manySmallFiles, named: "open"), try host.make(.singleFile, named: "secret")]
      var artifacts: [GranaryArtifact] = []
      for original in originals { artifacts.append(try await host.publish(original, "--v1", "--tracker", OpenTracker.announce(address))) }
      let tracker = try await OpenTracker.start(at: address, for: artifacts)
      let node = try await host.start()
      for port in [plain, secure] { try await tracker.waitUntilNaming("127.0.0.1:\(port)", for: artifacts[0]) }
      try await tracker.waitUntilNaming("127.0.0.1:\(secure)", for: artifacts[1])
      try await tracker.waitUntilForgetting("127.0.0.1:\(plain)", for: artifacts[1])

      let stock = Download(client: .aria2, source: .torrent(artifacts[0].torrent), address: "127.0.0.4")
      try await expectDownload(stock, equals: originals[0])

      var edge = TLSSections()
      edge.fleet = pki.fleet("edge")
      edge.extra = ["links: tls", "origins: [\(address)]"]
      let replica = try GranaryHost.replica {
        ($0.listen, $0.secureListen, $0.extra) = ([], [("127.0.0.1:0", "fleet")], edge.lines)
      }
      let other = try await replica.start()
      for (artifact, original) in zip(artifacts, originals) {
        try await replica.fetch(artifact.torrent, from: [])
        let copy = replica.folder.path("data/" + artifact.name)
        #expect(try TreeComparison.differences(expected: original, actual: copy, leniency: .none) == [])
      }
      #expect(try await host.status().tls?.stood["fleet"] ?? 0 >= 2)
      for process in [other, node] { try await process.terminate() }
      for port in [plain, secure] { try await tracker.waitUntilForgetting("127.0.0.1:\(port)", for: artifacts[0]) }
    }
  }
}
