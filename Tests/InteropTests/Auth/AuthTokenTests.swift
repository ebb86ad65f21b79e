import Foundation
import TestSupport
import Testing

extension Interop {
  /// Capability tokens, from their making to their end.
  @Suite struct AuthTokenTests {
    private func node(_ issuer: String) async throws -> AuthHost {
      try await AuthHost.make(
        settings: ", tokens: { issuers: [{ name: release, public: \(issuer) }], revoked: [] }", also: ["other"])
    }

    private func granary(_ arguments: [String], in folder: TemporaryDirectory) async throws -> String {
      try await ProcessRunner(GranaryHost.binary, ["token"] + arguments, workingFolder: folder.path).output()
    }

    private func hex(_ folder: TemporaryDirectory, _ name: String) throws -> String {
      let text = try String(contentsOfFile: folder.path(name), encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
      #expect(text.hasPrefix("granary-token:"))
      return String(text.dropFirst("granary-token:".count))
    }

    @Test func `a bearer downloads what its token names and nothing else, until the token is revoked`() async throws {
      let folder = try TemporaryDirectory("tokens")
      let issuer = try await AuthHost.ownKey("release", folder.path("issuer.yaml"))
      let bearer = try await AuthHost.ownKey("job", folder.path("job.yaml"))
      let stranger = try await AuthHost.ownKey("stranger", folder.path("stranger.yaml"))
      let auth = try await node(issuer.publicKey)
      let mint = ["mint", "--key", "issuer.yaml", "--principal", "ed25519:\(bearer.publicKey)", "--operations", "metadata,request"]
      _ = try await granary(
        mint + ["--artifact", auth.artifact.name, "--until", "2100-01-01", "--id", "t1", "--output", "t1"], in: folder)
      _ = try await granary(mint + ["--artifact", "nothing-*", "--until", "2100-01-01", "--id", "t2", "--output", "t2"], in: folder)
      _ = try await granary(mint + ["--artifact", "*", "--until", "2020-01-01", "--id", "t3", "--output", "t3"], in: folder)
      _ = try await granary(["narrow", "t1", "--key", "job.yaml", "--operations", "metadata", "--output", "narrow"], in: folder)
      #expect(try await granary(["show", "narrow", "--issuer", issuer.publicKey], in: folder).contains("its signatures are right"))
      let their = ["--their-key", "depot", "--public", auth.publicKey]
      func bearing(_ token: String, _ seed: String = bearer.seed) throws -> [String] {
        try ["--key", "job", "--seed", seed, "--token", hex(folder, token)] + their
      }
      let (report, differences) = try await auth.fetch(try bearing("t1"))
      #expect(report.proven && differences == [], "\(report)")
      let refused: [(arguments: [String], reason: String)] = [
        (try bearing("t1", stranger.seed), "the peer is not whom token release/t1 is bound to"),
        (try bearing("t2"), "auth/token:release/t2 is for other artifacts"),
        (try bearing("t3"), "token release/t3 ended"),
      ]
      for attempt in refused {
        let (report, _) = try await auth.fetch(attempt.arguments)
        #expect(!report.finished && report.downloaded == 0, "\(attempt.reason): \(report)")
        let reasons = try await auth.reasons()
        #expect(reasons.contains { $0.contains(attempt.reason) }, "\(attempt.reason): \(reasons)")
      }
      let (narrowed, _) = try await auth.fetch(try bearing("narrow") + ["--hear", "ut_pex"])
      #expect(!narrowed.finished && narrowed.downloaded == 0, "\(narrowed)")
      var configuration = GranaryConfiguration()
      configuration.auth =
        "{ keys: auth.yaml, requires: none, tokens: { issuers: [{ name: release, public: \(issuer.publicKey) }], revoked: [release/t1] } }"
      try auth.host.configure(configuration)
      #expect(try await auth.host.run("reload").exit == .code(0))
      let (late, _) = try await auth.fetch(try bearing("t1"))
      #expect(!late.finished && late.downloaded == 0, "\(late)")
      #expect(try await auth.reasons().contains("token release/t1 is revoked"))
      try await auth.node.terminate()
    }
  }
}
