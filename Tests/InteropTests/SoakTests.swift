import Foundation
import TestSupport
import Testing

extension Interop {
  /// What takes too long for every day: `deploy/test --soak`.
  @Suite(.enabled(if: ProcessInfo.processInfo.environment["GRANARY_SOAK"] == "1", "minutes and 10 GB of disk: deploy/test --soak"))
  struct SoakTests {
    @Test(arguments: ["--v1", "--hybrid"])
    func `an artifact of five gigabytes arrives whole`(kind: String) async throws {
      let host = try GranaryHost()
      let original = host.folder.path("data/five.bin")
      // Not a multiple of anything, and past 32-bit offsets.
      try await ProcessRunner(
        "sh", ["-c", "openssl enc -aes-128-ctr -K 1 -iv 1 -in /dev/zero 2>/dev/null | head -c 5368709131 > \(original)"]
      )
      .output(within: .seconds(300))
      let artifact = try await host.publish(original, kind)
      #expect(artifact.size == 5_368_709_131)
      let node = try await host.start()
      var download = node.libtorrent(artifact)
      download.limit = .seconds(900)
      let folder = try TemporaryDirectory("soak")
      let report = try await download.run(into: folder.path)
      try #require(report.ok, "\(report)")
      try await ProcessRunner("cmp", [original, folder.path("five.bin")]).output(within: .seconds(300))
      try await node.terminate()
    }
  }
}
