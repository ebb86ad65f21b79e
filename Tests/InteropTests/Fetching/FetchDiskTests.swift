import Foundation
import TestSupport
import Testing

extension Interop {
  /// Disks that do not take what is fetched.
  @Suite(.enabled("nothing may be mounted here") { MountNamespace.isPermitted }) struct FetchDiskTests {
    private struct Scene {
      let origin: GranaryHost
      let original: String
      let artifact: GranaryArtifact
      let seed: StockSeed
      let replica: GranaryHost
      let mounts: MountNamespace

      /// A replica whose `data/` is a file system of its own, and a seed.
      init(size: String) async throws {
        origin = try GranaryHost()
        original = try Artifacts.file(12 << 20, in: origin.folder, named: "data/large.bin")
        artifact = try await origin.publish(original, "--v1", "--piece-length", "64KiB")
        seed = try await StockSeed.start(
          .libtorrent, artifact.torrent, data: origin.folder.path("data"), at: "127.0.0.7", options: ["--rate", "4000000"])
        var replica = try GranaryHost.replica()
        mounts = try await MountNamespace()
        replica.mounts = mounts
        self.replica = replica
        try await mounts.run("mount", "-t", "tmpfs", "-o", "size=\(size),mode=755", "tmpfs", replica.folder.path("data"))
      }

      func expectWhole() async throws {
        try await mounts.run("cmp", original, replica.folder.path("data/large.bin"))
        #expect(try await mounts.run("ls", "-A", replica.folder.path("data")) == "large.bin\n")
      }
    }

    @Test func `a full disk is waited for, and the fetch goes on when there is room`() async throws {
      let scene = try await Scene(size: "20m")
      let data = scene.replica.folder.path("data")
      try await scene.mounts.run("dd", "if=/dev/zero", "of=\(data)/filler", "bs=1M", "count=13", "status=none")
      let fetching = try scene.replica.fetching(scene.artifact.torrent, from: [scene.seed.endpoint]).start()
      try await fetching.waitUntilTelling("No space left")
      try await scene.mounts.run("rm", "\(data)/filler")
      #expect(await fetching.exit(within: .seconds(170)) == .code(0), "\(fetching.errors)")
      try await scene.expectWhole()
      try await scene.seed.stop()
    }
  }
}
