import Foundation
import TestSupport
import Testing

extension Interop {
  /// `kill -9` at any moment loses nothing that was said to be done.
  @Suite struct CrashTests {
    private static let rounds: [UInt64] = [1, 2, 3, 4, 5]

    @Test(arguments: rounds)
    func `publish is killed: the inventory opens, what was acknowledged is there, and publishing again works`(seed: UInt64) async throws {
      var generator = SeededGenerator(seed: seed)
      let host = try GranaryHost()
      let before = try await host.publish(try host.make(.parts))
      let original = try Artifacts.file(32 << 20, in: host.folder, named: "data/large.bin", seed: seed)
      let publish = try host.command(["publish", original, "--json"]).start()
      let exit = await publish.kill(after: .milliseconds(Int.random(in: 5...700, using: &generator)))
      let names = Set(try await host.list().artifacts.map(\.name))
      #expect(names.contains(before.name))
      if exit == .code(0) || publish.output.contains("granary.publish/1") { #expect(names.contains("large.bin")) }
      let artifact = try await host.publish(original)
      let node = try await host.start()
      try await expectDownload(node.libtorrent(artifact), equals: original)
      try await node.terminate()
    }

    @Test(arguments: rounds)
    func `the node is killed while it serves: it comes back with everything, without reading it again`(seed: UInt64) async throws {
      var generator = SeededGenerator(seed: seed)
      let host = try GranaryHost()
      let original = try Artifacts.file(48 << 20, in: host.folder, named: "data/large.bin", seed: seed)
      let large = try await host.publish(original)
      let first = try await host.start()
      let running = try first.libtorrent(large).start(into: host.folder.path("first"))
      let late = try await host.publish(try host.make(.parts, seed: seed))
      _ = await first.process.kill(after: .milliseconds(Int.random(in: 1...600, using: &generator)))
      await running.process.kill()

      #expect(Set(try await host.list().artifacts.map(\.name)) == [large.name, late.name])
      let second = try await host.start()
      #expect(try second.bytesRead() < large.size / 2)
      try await expectDownload(second.libtorrent(large), equals: original)
      try await expectDownload(second.libtorrent(late), equals: host.folder.path("data/parts"))
      try await second.terminate()
    }
  }
}
