import Foundation
import TestSupport
import Testing

extension Interop {
  /// One node per state directory; starting, stopping, being killed.
  @Suite struct LifecycleTests {
    @Test func `a second node on the same state exits 75, and the first goes on`() async throws {
      let host = try GranaryHost()
      let original = try host.make(.singleFile)
      let artifact = try await host.publish(original)
      let node = try await host.start()
      let second = try await host.run("run")
      #expect(second.exit == .code(75), "\(second)")
      #expect(second.errors.contains("granary: error:"))
      try await expectDownload(node.libtorrent(artifact), equals: original)
      try await node.terminate()
    }

    @Test func `without a running node, status exits 69`() async throws {
      #expect(try await GranaryHost().run("status", "--json").exit == .code(69))
    }

    @Test func `TERM during a download ends the node with exit code 0`() async throws {
      let host = try GranaryHost()
      let artifact = try await host.publish(try host.make(.singleFile))
      let node = try await host.start()
      let peer = try await RawPeer.dial(node.endpoint())
      #expect(try await peer.shakeHands(artifact))
      #expect(try await peer.canDownload(piece: 0))
      try await node.terminate()
      #expect(try await peer.isHungUp())
    }

    @Test func `a restarted node serves without reading its artifacts again`() async throws {
      let host = try GranaryHost()
      let original = try Artifacts.file(64 << 20, in: host.folder, named: "data/large.bin")
      let artifact = try await host.publish(original)
      let node = try await host.start()
      // The whole process, its libraries and inventory included, has read less than half of the artifact.
      #expect(try node.bytesRead() < artifact.size / 2)
      try await expectDownload(node.libtorrent(artifact), equals: original)
      try await node.terminate()
    }

    @Test func `a file that changed since it was hashed is not served`() async throws {
      let host = try GranaryHost()
      let original = try host.make(.singleFile)
      let artifact = try await host.publish(original)
      var bytes = try host.folder.read("data/singleFile")
      bytes[1_000_000] ^= 1
      try host.folder.write(bytes, to: "data/singleFile")
      #expect(try await host.run("verify", artifact.name).exit == .code(65))
      let node = try await host.start()
      var download = node.libtorrent(artifact)
      download.limit = .seconds(4)
      let folder = try TemporaryDirectory("download")
      let session = try #require(try await download.run(into: folder.path).sessions?.first)
      #expect(!session.finished)
      #expect(session.hashFailures == 0)
      try await node.terminate()
    }
  }
}
