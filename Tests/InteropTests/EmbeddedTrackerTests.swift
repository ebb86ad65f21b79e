import Foundation
import TestSupport
import Testing

extension Interop {
  /// The tracker that is embedded in our node.
  @Suite struct EmbeddedTrackerTests {
    /// A node with a tracker on one port, for HTTP and UDP.
    private struct Depot {
      let host: GranaryHost
      let port: UInt16
      let announce: String

      init(scheme: String = "http", allow: [String] = ["127.0.0.0/8"], keys: String? = nil, further: [String] = []) throws {
        let port = try FreePort.pick()
        self.port = port
        var configuration = GranaryConfiguration()
        configuration.allow = allow
        let listen = ["http", "udp"].map { "{ address: \"127.0.0.1:\(port)\", protocol: \($0) }" }.joined(separator: ", ")
        let keyFile = keys == nil ? "" : ", keys: announce.txt"
        configuration.extra = ["tracker: { listen: [\(listen)], interval: 10s\(keyFile) }"] + further
        host = try GranaryHost(configuration)
        if let keys {
          try host.folder.write(Array(keys.utf8), to: "announce.txt")
          try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: host.folder.path("announce.txt"))
        }
        announce = "\(scheme)://127.0.0.1:\(port)/announce"
      }

      /// What the tracker answers to announces from an address, in hex.
      func answers(_ scheme: String, to hashes: [String], from address: String, path: String = "/announce", left: Int = 1) async throws
        -> [String]
      {
        let url = "\(scheme)://127.0.0.1:\(port)\(path)"
        let arguments = ["--tracker", url, "--bind", address, "--left", "\(left)"] + hashes.flatMap { ["--info-hash", $0] }
        let result = try await PythonScript.runner("tracker_ask.py", arguments).run(within: .seconds(30))
        guard result.exit == .code(0) else { throw ProcessFailure("\(result)") }
        return try JSONDecoder().decode(Answers.self, from: Data(result.output.utf8)).answers
      }

      /// Waits until the tracker counts so many peers; each question is a process of its own, which is pause enough.
      func wait(forPeers count: Int) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        var last: GranaryStatus.OwnTracker?
        while ContinuousClock.now < deadline {
          last = try await host.status().tracker
          if last?.peers == count { return }
        }
        throw ProcessFailure("there are not \(count) peers: \(String(describing: last))")
      }
    }

    private struct Answers: Decodable { let answers: [String] }

    @Test func `two libtorrent sessions find each other through it`() async throws {
      let depot = try Depot()
      let original = try depot.host.make(.singleFile)
      let artifact = try await depot.host.publish(original, "--v1", "--tracker", depot.announce)
      let node = try await depot.host.start()
      let folder = try TemporaryDirectory("download")
      let arguments = [
        "--torrent", artifact.torrent, "--to", folder.path, "--bind", "127.0.0.3", "--seed", depot.host.folder.path("data"),
        "--seed-bind", "127.0.0.2", "--block", "127.0.0.1", "--timeout", "60",
      ]
      let report = try ClientReport.read(try await PythonScript.runner("tracker_pair.py", arguments).run(within: .seconds(90)))
      #expect(report.ok, "\(report)")
      #expect(try TreeComparison.differences(expected: original, actual: folder.path("singleFile")) == [])
      // Nothing of it came from the node.
      #expect(try await depot.host.status().uploaded == 0)
      try await node.terminate()
    }

    @Test(arguments: [
      ("http", StockClient.aria2, "--v1"), ("http", .rtorrent, "--hybrid"), ("udp", .rtorrent, "--v1"), ("udp", .libtorrent, "--v1"),
    ])
    func `a client that is told of nobody finds the node itself`(scheme: String, client: StockClient, kind: String) async throws {
      let depot = try Depot(scheme: scheme)
      let original = try depot.host.make(.manySmallFiles)
      let artifact = try await depot.host.publish(original, kind, "--tracker", depot.announce)
      let node = try await depot.host.start()
      try await expectDownload(Download(client: client, source: .torrent(artifact.torrent), address: "127.0.0.4"), equals: original)
      try await node.terminate()
    }

    @Test(arguments: ["http", "udp"])
    func `a stranger learns nothing: not what there is, and not who has it`(scheme: String) async throws {
      let depot = try Depot(scheme: scheme, allow: ["127.0.0.1", "127.0.0.2"])
      let artifact = try await depot.host.publish(try depot.host.make(.singleFile), "--v1")
      let node = try await depot.host.start()
      let hash = artifact.handshakeHash
      let strange = try await depot.answers(scheme, to: [hash, "random", hash, "random"], from: "127.0.0.9")
      #expect(Set(strange).count == 1, "\(strange)")
      let friendly = try await depot.answers(scheme, to: [hash, "random"], from: "127.0.0.2")
      #expect(friendly[1] == strange[0] && friendly[0] != strange[0])
      // The next one is told of the one before it, and not of the stranger.
      let next = try await depot.answers(scheme, to: [hash], from: "127.0.0.1")
      #expect(next[0].contains("7f000002" + "0001") && !next[0].contains("7f000009"), "\(next)")
      #expect(try await depot.host.status().tracker?.refused ?? 0 >= 5)
      try await node.terminate()
    }

    @Test func `a peer that a reload shuts out is not told of any more, and an artifact that is removed is not there`() async throws {
      let depot = try Depot()
      let artifact = try await depot.host.publish(try depot.host.make(.singleFile), "--v1")
      let node = try await depot.host.start()
      let hash = artifact.handshakeHash
      _ = try await depot.answers("http", to: [hash], from: "127.0.0.2")
      #expect(try await depot.answers("http", to: [hash], from: "127.0.0.1")[0].contains("7f000002" + "0001"))
      let yaml = try String(contentsOfFile: depot.host.folder.path("granary.yaml"), encoding: .utf8)
      try depot.host.folder.write(Array(yaml.replacing("127.0.0.0/8", with: "127.0.0.1").utf8), to: "granary.yaml")
      _ = try await depot.host.json("reload")
      #expect(try await !depot.answers("http", to: [hash], from: "127.0.0.1")[0].contains("7f000002"))
      let refused = try await depot.answers("http", to: [hash], from: "127.0.0.2")
      _ = try await depot.host.json("remove", "singleFile")
      #expect(try await depot.answers("http", to: [hash], from: "127.0.0.1") == refused)
      try await node.terminate()
    }

    @Test func `a key in the announce URL is asked for, and is an identity`() async throws {
      let secret = "0123456789abcdef"
      let depot = try Depot(keys: "edge \(secret)\n")
      let artifact = try await depot.host.publish(try depot.host.make(.singleFile), "--v1")
      let node = try await depot.host.start()
      let hash = artifact.handshakeHash
      let without = try await depot.answers("http", to: [hash, "random"], from: "127.0.0.1")
      let wrong = try await depot.answers("http", to: [hash], from: "127.0.0.1", path: "/0123456789abcdeX/announce")
      #expect(Set(without + wrong).count == 1)
      let right = try await depot.answers("http", to: [hash, "random"], from: "127.0.0.1", path: "/\(secret)/announce")
      #expect(right[0] != without[0] && right[1] == without[0])
      try await node.terminate()
    }

    @Test(arguments: ["http", "udp"])
    func `our own nodes announce to each other's trackers`(scheme: String) async throws {
      let depot = try Depot(scheme: scheme)
      let original = try depot.host.make(.singleFile)
      let artifact = try await depot.host.publish(original, "--v1", "--tracker", depot.announce)
      let node = try await depot.host.start()
      let replica = try GranaryHost(configuration())
      _ = try replica.make(.singleFile)
      let copy = try await replica.add(artifact.torrent, data: replica.folder.path("data"))
      #expect(copy.infoHashV1 == artifact.infoHashV1)
      let other = try await replica.start()
      // The depot announces to itself as well, and is no peer of its own list.
      try await depot.wait(forPeers: 1)
      #expect(try await depot.host.status().tracker?.seeders == 1)
      try await other.terminate()
      try await depot.wait(forPeers: 0)
      try await node.terminate()
    }

    /// Added torrents are announced only to hosts that the operator lists.
    private func configuration() -> GranaryConfiguration {
      var configuration = GranaryConfiguration()
      configuration.extra = ["origins: [127.0.0.1]"]
      return configuration
    }

    @Test func `a port that is taken ends the start, with its place`() async throws {
      let depot = try Depot()
      let node = try await depot.host.start()
      var configuration = GranaryConfiguration()
      configuration.extra = ["tracker: { listen: [{ address: \"127.0.0.1:\(depot.port)\", protocol: http }] }"]
      let second = try GranaryHost(configuration)
      let result = try await second.run("run", within: .seconds(30))
      #expect(result.exit == .code(69) && result.errors.contains("the tracker cannot listen on 127.0.0.1:\(depot.port)"), "\(result)")
      try await node.terminate()
    }
  }
}
