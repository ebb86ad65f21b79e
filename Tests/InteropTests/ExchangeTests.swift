import Foundation
import TestSupport
import Testing

extension Interop {
  /// Peer exchange with libtorrent.
  @Suite struct ExchangeTests {
    private struct Meeting: Decodable {
      let met: [String]
      let connected: Int
    }

    private func meet(_ block: Int, isPublic: Bool = true, exchanging: Bool = true, seconds: Int) async throws -> Meeting {
      var configuration = GranaryConfiguration()
      configuration.isExchanging = exchanging
      let host = try GranaryHost(configuration)
      let original = try Artifacts.file(3_000_001, in: host.folder, named: "data/prize")
      let artifact =
        isPublic ? try await host.publish(original, "--v1", "--public") : try await host.publish(original, "--v1")
      let node = try await host.start()
      let folder = try TemporaryDirectory("pex")
      let text = try await PythonScript.runner(
        "pex_peers.py",
        [
          "--torrent", artifact.torrent, "--to", folder.path, "--peer", node.endpoint(), "--block", "\(block)", "--timeout", "\(seconds)",
        ]
      ).output(within: .seconds(Int64(seconds) + 20))
      try await node.terminate()
      return try JSONDecoder().decode(Meeting.self, from: Data(text.utf8))
    }

    @Test func `two peers that know the node alone come to know each other`() async throws {
      let meeting = try await meet(91, seconds: 60)
      #expect(!meeting.met.isEmpty, "\(meeting)")
    }

    /// A private torrent's peers are the trackers' and the operator's to name (BEP 27).
    @Test func `nobody is told of anybody for a private torrent, or where nothing exchanges`() async throws {
      async let secret = meet(92, isPublic: false, seconds: 6)
      async let silent = meet(93, exchanging: false, seconds: 6)
      for meeting in try await [secret, silent] { #expect(meeting.met == [] && meeting.connected >= 2, "\(meeting)") }
    }
  }
}
