import Foundation
import TestSupport
import Testing

extension Interop {
  /// The embedded tracker over HTTPS, asked by Python's own client: a certificate is who the peer is.
  @Suite struct SecureTrackerTests {
    private struct Answers: Decodable { let answers: [String] }

    private static func node(_ pki: FleetPKI, keys: String? = nil) throws -> (host: GranaryHost, port: UInt16) {
      let port = try FreePort.pick()
      var sections = TLSSections()
      sections.fleet = pki.fleet("depot")
      var configuration = GranaryConfiguration.securing("fleet", sections: sections)
      configuration.identities = ["fleet/spiffe://corp/edge"] + (keys == nil ? [] : ["tracker/key:*"])
      let keyFile = keys == nil ? "" : ", keys: announce.txt"
      configuration.extra += [
        "links: tls", "tracker: { listen: [{ address: \"127.0.0.1:\(port)\", protocol: http, tls: fleet }], interval: 10s\(keyFile) }",
      ]
      let host = try GranaryHost(configuration)
      if let keys {
        try host.folder.write(Array(keys.utf8), to: "announce.txt")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: host.folder.path("announce.txt"))
      }
      return (host, port)
    }

    /// What the tracker answers, in hex; nil where there is no answer.
    private static func ask(
      _ port: UInt16, _ hashes: [String], _ pki: FleetPKI, as member: String?, _ options: [String] = [], path: String = "/announce"
    ) async throws -> [String]? {
      var arguments = ["--tracker", "https://localhost:\(port)\(path)", "--authority", pki.authority]
      if let member { arguments += ["--certificate", pki.certificate(member), "--key", pki.key(member)] }
      let result = try await PythonScript.runner("tracker_ask.py", arguments + options + hashes.flatMap { ["--info-hash", $0] })
        .run(within: .seconds(30))
      return result.exit == .code(0) ? try JSONDecoder().decode(Answers.self, from: Data(result.output.utf8)).answers : nil
    }

    private static func pki() async throws -> FleetPKI {
      let pki = try await FleetPKI.make(members: ["edge", "lab"])
      try await pki.run("issue", "depot", "--spiffe", "spiffe://corp/depot", "--dns", "localhost")
      return pki
    }

    @Test func `whose certificate may connect is told, others learn nothing, and none is no link`() async throws {
      let pki = try await Self.pki()
      let (host, port) = try Self.node(pki)
      let artifact = try await host.publish(try host.make(.singleFile), "--v1")
      let node = try await host.start()
      let hashes = [artifact.handshakeHash, "random"]
      let edge = try #require(try await Self.ask(port, hashes, pki, as: "edge"))
      #expect(edge[0] != edge[1])
      let lab = try #require(try await Self.ask(port, hashes, pki, as: "lab"))
      #expect(Set(lab) == [edge[1]])
      #expect(try await Self.ask(port, hashes, pki, as: nil) == nil)
      let refusals = try await host.json("journal", "--refused", "--peer", "fleet/spiffe://corp/lab")
      #expect(refusals.contains("allowlist"), "\(refusals)")
      try await node.terminate()
    }

    @Test func `a connection that is kept is worth what its certificate is worth at each question`() async throws {
      let pki = try await Self.pki()
      let (host, port) = try Self.node(pki)
      let artifact = try await host.publish(try host.make(.singleFile), "--v1")
      let node = try await host.start()
      let binary = GranaryHost.binary
      let reload = "'\(binary)' reload --config '\(host.folder.path("granary.yaml"))'"
      let hashes = [artifact.handshakeHash, artifact.handshakeHash, artifact.handshakeHash]
      let options = ["--between", reload]
      let kept = try #require(try await Self.ask(port, hashes, pki, as: "edge", options))
      #expect(!kept.contains { $0.contains(Self.refusal) })
      let revoke = ["--between", "cd '\(pki.path)' && '\(binary)' pki revoke edge && \(reload)"]
      let revoked = try #require(try await Self.ask(port, Array(hashes.prefix(2)), pki, as: "edge", revoke))
      #expect(revoked.map { $0.contains(Self.refusal) } == [false, true], "\(revoked)")
      try await node.terminate()
    }

    /// In hex.
    private static let refusal = Array("not authorized".utf8).map { String(format: "%02x", $0) }.joined()

    @Test func `a key is asked for besides, where there are keys`() async throws {
      let pki = try await Self.pki()
      let secret = "0123456789abcdef"
      let (host, port) = try Self.node(pki, keys: "site \(secret)\n")
      let artifact = try await host.publish(try host.make(.singleFile), "--v1")
      let node = try await host.start()
      let hashes = [artifact.handshakeHash, "random"]
      let without = try #require(try await Self.ask(port, hashes, pki, as: "edge"))
      #expect(Set(without).count == 1)
      let with = try #require(try await Self.ask(port, hashes, pki, as: "lab", path: "/\(secret)/announce"))
      #expect(with[0] != without[0] && with[1] == without[0])
      try await node.terminate()
    }
  }
}
