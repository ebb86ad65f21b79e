import Foundation
import TestSupport
import Testing

extension Interop {
  /// Announces to a tracker over https: Python's server, with a certificate of an authority of our own.
  @Suite struct HTTPSTrackerTests {
    private struct Status: Decodable {
      struct Tracker: Decodable {
        let url: String
        let state: String
        let detail: String?
      }
      let trackers: [Tracker]
    }

    @Test func `a tracker that the entry trusts is announced to, and is shown our certificate`() async throws {
      let pki = try await FleetPKI.make(members: ["depot"])
      try await pki.run("issue", "tracker", "--dns", "localhost")
      try await announce(pki, trusting: true) { host, artifact, tracker in
        try await tracker.waitUntilSaying("announced \(artifact.trackerHashes[0]) depot")
        let status = try await self.status(host) { $0.state == "working" }
        #expect(status.detail == nil || status.detail?.contains("TLS") == false, "\(status)")
      }
    }

    @Test func `the system's authorities do not vouch for it`() async throws {
      let pki = try await FleetPKI.make(members: ["depot"])
      try await pki.run("issue", "tracker", "--dns", "localhost")
      try await announce(pki, trusting: false) { host, _, tracker in
        let status = try await self.status(host) { $0.detail != nil }
        #expect(status.detail?.contains("no TLS link") == true, "\(status)")
        // The rest of the URL may be a secret.
        #expect(status.detail?.contains("info_hash") == false, "\(status)")
        #expect(!tracker.output.contains("announced"))
      }
    }

    @Test func `a certificate for another host is none`() async throws {
      let pki = try await FleetPKI.make(members: ["depot"])
      try await pki.run("issue", "tracker", "--dns", "tracker.corp")
      try await announce(pki, trusting: true) { host, _, tracker in
        let status = try await self.status(host) { $0.detail != nil }
        #expect(status.detail?.contains("is not for the host localhost") == true, "\(status)")
        #expect(!tracker.output.contains("announced"))
      }
    }

    /// Starts the tracker, and a node with an artifact that is announced to it.
    private func announce(
      _ pki: FleetPKI, trusting: Bool, _ body: (GranaryHost, GranaryArtifact, RunningProcess) async throws -> Void
    ) async throws {
      let files = ["--certificate", pki.certificate("tracker"), "--key", pki.key("tracker"), "--authorities", pki.authority]
      let tracker = try PythonScript.runner("https_tracker.py", files).start()
      try await tracker.waitUntilSaying("listening")
      let port = try #require(tracker.output.split(separator: "\n").first?.split(separator: " ").last.flatMap { Int($0) })
      var sections = TLSSections()
      sections.fleet = pki.fleet("depot")
      var configuration = GranaryConfiguration.securing("fleet", sections: sections)
      if trusting { configuration.extra.append("https: fleet") }
      let host = try GranaryHost(configuration)
      let artifact = try await host.publish(try host.make(.singleFile), "--tracker", "https://localhost:\(port)/announce")
      let node = try await host.start()
      try await body(host, artifact, tracker)
      try await node.terminate()
      await tracker.kill()
    }

    /// The tracker's state, once it is such.
    private func status(_ host: GranaryHost, until isSuch: (Status.Tracker) -> Bool) async throws -> Status.Tracker {
      let deadline = ContinuousClock.now + .seconds(30)
      while true {
        let status = try JSONDecoder().decode(Status.self, from: Data(try await host.json("status").utf8))
        let tracker = try #require(status.trackers.first)
        if isSuch(tracker) { return tracker }
        guard ContinuousClock.now < deadline else { throw ProcessFailure("the tracker stays \(tracker)") }
      }
    }
  }
}
