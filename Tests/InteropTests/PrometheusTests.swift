import Foundation
import TestSupport
import Testing

extension Interop {
  /// What a node tells of itself, read by software that is not ours.
  @Suite struct PrometheusTests {
    /// A node that is watched.
    private struct Watched {
      let host: GranaryHost
      let port: UInt16

      init(_ listener: (UInt16) -> String = { "{ address: \"127.0.0.1:\($0)\" }" }, configuration: GranaryConfiguration = .init()) throws {
        port = try FreePort.pick()
        var configuration = configuration
        configuration.extra.append("http: { listen: [\(listener(port))], hosts: [depot.corp] }")
        host = try GranaryHost(configuration)
      }

      /// Status and body.
      func get(_ path: String, scheme: String = "http", _ options: String...) async throws -> (status: Int, body: String) {
        let arguments = ["-s", "--max-time", "20", "-w", "\n%{http_code}", "\(scheme)://127.0.0.1:\(port)\(path)"] + options
        let result = try await ProcessRunner("curl", arguments).run(within: .seconds(60))
        let end = result.output.lastIndex(of: "\n") ?? result.output.startIndex
        return (Int(result.output[end...].dropFirst()) ?? 0, String(result.output[..<end]))
      }
    }

    private struct Readiness: Decodable {
      struct Check: Decodable {
        let name: String
        let ok: Bool
        let required: Bool
        let reason: String
      }
      let schema: String
      let node: String
      let ready: Bool
      let checks: [Check]
    }

    @Test func `Prometheus scrapes a node that serves a client, and promtool finds no fault with the page`() async throws {
      let watched = try Watched()
      let original = try watched.host.make(.singleFile)
      let artifact = try await watched.host.publish(original, "--v1")
      let node = try await watched.host.start()
      let prometheus = try PrometheusServer(target: "127.0.0.1:\(watched.port)")
      _ = try await prometheus.wait(for: "up{job=\"granary\"}") { $0 == [1] }
      #expect(try await prometheus.wait(for: "granary_uploaded_bytes_total") { $0.count == 1 } == [0])
      try await expectDownload(node.libtorrent(artifact), equals: original)
      let size = Double(try FileManager.default.attributesOfItem(atPath: original)[.size] as? Int ?? 0)
      let uploaded = try await prometheus.wait(for: "granary_uploaded_bytes_total") { ($0.first ?? 0) >= size }
      #expect(uploaded.count == 1 && size > 0)
      #expect(try await prometheus.values(of: "granary_ready") == [1])
      #expect(try await prometheus.values(of: "granary_artifacts{state=\"ready\"}") == [1])
      #expect(try await prometheus.values(of: "sum(granary_verdicts_total{operation=\"connect\",verdict=\"allow\"}) > 0")?.count == 1)
      // No complaint is what it has to say: it writes them and still ends well.
      let judged = try await PrometheusServer.judge(metrics: try await watched.get("/metrics").body)
      #expect(judged.exit == .code(0) && judged.output.isEmpty && judged.errors.isEmpty, "\(judged)")
      try await node.terminate()
    }

    @Test func `health and readiness are told, by names of ours and to nobody else`() async throws {
      let watched = try Watched()
      _ = try await watched.host.publish(try watched.host.make(.singleFile), "--v1")
      let node = try await watched.host.start()
      #expect(try await watched.get("/healthz") == (200, "ok\n"))
      let (status, body) = try await watched.get("/readyz")
      let document = try JSONDecoder().decode(Readiness.self, from: Data(body.utf8))
      #expect(status == 200 && document.ready && document.schema == "granary.readiness/1" && document.node == "interop")
      #expect(document.checks.allSatisfy { $0.ok }, "\(document)")
      #expect(document.checks.first { $0.name == "policy" }?.reason == "generation 1 is in force")
      #expect(document.checks.first { $0.name == "listeners" }?.reason == "open: peers: 1, http: 1")
      #expect(try await watched.get("/metrics", "-H", "Host: depot.corp").status == 200)
      #expect(try await watched.get("/metrics", "-H", "Host: evil.example").status == 421)
      #expect(try await watched.get("/metrics", "-H", "Origin: https://evil.example").status == 403)
      #expect(try await watched.get("/metrics", "-X", "POST").status == 405)
      #expect(try await watched.get("/").status == 404)
      // Another name, taken over while it runs.
      let yaml = String(decoding: try watched.host.folder.read("granary.yaml"), as: UTF8.self)
      try watched.host.folder.write(Array(yaml.replacing("depot.corp", with: "other.corp").utf8), to: "granary.yaml")
      #expect(try await watched.host.run("reload").exit == .code(0))
      #expect(try await watched.get("/metrics", "-H", "Host: depot.corp").status == 421)
      let metrics = try await watched.get("/metrics", "-H", "Host: other.corp").body
      #expect(
        metrics.contains("\ngranary_policy_generation 2\n") && metrics.contains("granary_config_reloads_total{result=\"success\"} 1\n"))
      try watched.host.folder.write(Array("nonsense: 1\n".utf8), to: "granary.yaml")
      node.process.send(SIGHUP)
      var refused = ""
      let deadline = ContinuousClock.now + .seconds(60)
      while !refused.contains("\ngranary_config_last_reload_successful 0\n"), .now < deadline {
        refused = try await watched.get("/metrics").body
      }
      #expect(refused.contains("\ngranary_policy_generation 2\n"))
      #expect(refused.contains("granary_config_reloads_total{result=\"failure\"} 1\n"))
      try await node.terminate()
    }

    @Test func `over TLS those are told who are listed`() async throws {
      let pki = try await FleetPKI.make(members: ["edge", "monitor"])
      try await pki.run("issue", "depot", "--dns", "depot.corp")
      var sections = TLSSections()
      sections.fleet = pki.fleet("depot")
      let watched = try Watched(
        { "{ address: \"127.0.0.1:\($0)\", tls: fleet, identities: [\"fleet/spiffe://corp/monitor\"] }" },
        configuration: .securing("fleet", sections: sections))
      let node = try await watched.host.start()
      func get(as name: String?) async throws -> (status: Int, body: String) {
        let shown = name.map { ["--cert", pki.certificate($0), "--key", pki.key($0)] } ?? []
        let arguments = [
          "-s", "--max-time", "20", "-w", "\n%{http_code}", "--cacert", pki.authority, "--resolve", "depot.corp:\(watched.port):127.0.0.1",
          "https://depot.corp:\(watched.port)/metrics",
        ]
        let result = try await ProcessRunner("curl", arguments + shown).run(within: .seconds(60))
        let end = result.output.lastIndex(of: "\n") ?? result.output.startIndex
        return (Int(result.output[end...].dropFirst()) ?? 0, String(result.output[..<end]))
      }
      let seen = try await get(as: "monitor")
      #expect(seen.status == 200 && seen.body.contains("granary_certificate_expiry_timestamp_seconds{entry=\"fleet\"} "))
      #expect(seen.body.contains("granary_revocation_list_expiry_timestamp_seconds{entry=\"fleet\"} "))
      // Of the fleet, and not listed; nobody at all.
      #expect(try await get(as: "edge") == (403, ""))
      #expect(try await get(as: nil) == (0, ""))
      let tls =
        "{ ca_file: \(pki.authority), cert_file: \(pki.certificate("monitor")), key_file: \(pki.key("monitor")), server_name: depot.corp }"
      let prometheus = try PrometheusServer(target: "127.0.0.1:\(watched.port)", further: ["scheme: https", "tls_config: \(tls)"])
      _ = try await prometheus.wait(for: "up{job=\"granary\"}") { $0 == [1] }
      _ = try await prometheus.wait(for: "granary_certificate_expiry_timestamp_seconds > time()") { $0.count == 1 }
      try await node.terminate()
    }

    @Test func `plain beyond loopback is an error, and what cannot be had is told with its place`() async throws {
      let open = try Watched { "{ address: \"0.0.0.0:\($0)\" }" }
      let refused = try await open.host.run("run")
      #expect(refused.exit == .code(78) && refused.errors.contains("is beyond loopback and needs tls"), "\(refused)")
      let watched = try Watched()
      let node = try await watched.host.start()
      var second = GranaryConfiguration()
      second.extra = ["http: { listen: [{ address: \"127.0.0.1:\(watched.port)\" }] }"]
      let taken = try await GranaryHost(second).run("run")
      #expect(taken.exit == .code(69), "\(taken)")
      #expect(
        taken.errors.contains("granary.yaml:") && taken.errors.contains("http cannot listen on 127.0.0.1:\(watched.port)"), "\(taken)")
      try await node.terminate()
    }
  }
}
