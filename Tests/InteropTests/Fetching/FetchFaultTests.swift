import Foundation
import TestSupport
import Testing

extension Interop {
  /// Disks that fail in the middle of a fetch, and places that are taken.
  @Suite struct FetchFaultTests {
    private struct Scene {
      let origin: GranaryHost
      let original: String
      let artifact: GranaryArtifact
      let seed: StockSeed
      var replica: GranaryHost
      let disk: FaultyDisk

      /// A seed that takes some seconds for the whole, and a replica whose disk fails when it is told to.
      init() async throws {
        origin = try GranaryHost()
        original = try Artifacts.file(16 << 20, in: origin.folder, named: "data/large.bin")
        artifact = try await origin.publish(original, "--hybrid", "--piece-length", "64KiB")
        seed = try await StockSeed.start(
          .libtorrent, artifact.torrent, data: origin.folder.path("data"), at: "127.0.0.7", options: ["--rate", "2000000"])
        disk = try await FaultyDisk(source: Bundle.module.bundlePath + "/Clients/faulty_disk.c")
        replica = try GranaryHost.replica()
      }

      var fetching: ProcessRunner {
        var runner = replica.fetching(artifact.torrent, from: [seed.endpoint])
        runner.environment.merge(disk.environment) { $1 }
        return runner
      }

      func again() async throws -> GranaryFetch { try await replica.fetch(artifact.torrent, from: [seed.endpoint]) }
    }

    @Test(arguments: [(EROFS, "Read-only file system"), (EACCES, "Permission denied"), (EIO, "Input/output error")])
    func `a disk that takes no writes for a while is waited for`(number: Int32, text: String) async throws {
      let scene = try await Scene()
      let process = try scene.fetching.start()
      try await ResumeTests.waitForRecord(scene.replica)
      try scene.disk.fail(.writes, number, on: "/data/.granary-")
      try await process.waitUntilTelling(text)
      try scene.disk.heal()
      #expect(await process.exit(within: .seconds(170)) == .code(0), "\(process.errors)")
      try scene.replica.expectFetched(scene.original)
      #expect(try await scene.replica.run("verify", scene.artifact.name).exit == .code(0))
      try await scene.seed.stop()
    }

    @Test func `what is killed while its disk fails goes on from what is on disk`() async throws {
      let scene = try await Scene()
      let process = try scene.fetching.start()
      try await ResumeTests.waitForRecord(scene.replica)
      try scene.disk.fail(.writes, EIO, on: "/data/.granary-")
      try await process.waitUntilTelling("Input/output error")
      _ = await process.kill()
      let fetched = try await scene.again()
      #expect(fetched.downloaded < 16 << 20, "\(fetched)")
      try scene.replica.expectFetched(scene.original)
      try await scene.seed.stop()
    }

    @Test func `what somebody puts in the artifact's place stays, and is told with its own exit code`() async throws {
      let scene = try await Scene()
      let process = try scene.fetching.start()
      try await ResumeTests.waitForRecord(scene.replica)
      try scene.replica.folder.write(Array("mine".utf8), to: "data/large.bin")
      #expect(await process.exit(within: .seconds(170)) == .code(73), "\(process.errors)")
      #expect(try scene.replica.folder.read("data/large.bin") == Array("mine".utf8))
      #expect(try await scene.replica.list().artifacts.map(\.state) == ["failed"])
      // With the place free again nothing is asked for twice.
      try FileManager.default.removeItem(atPath: scene.replica.folder.path("data/large.bin"))
      #expect(try await scene.again().downloaded == 0)
      try scene.replica.expectFetched(scene.original)
      try await scene.seed.stop()
    }
  }

  /// A file system that the kernel itself makes read-only.
  @Suite(.enabled("no image may be mounted here") { MountNamespace.isLoopPermitted }) struct FetchReadOnlyTests {
    @Test func `a file system that has become read-only is told of, and gone on with once it is mounted anew`() async throws {
      let origin = try GranaryHost()
      let original = try Artifacts.file(12 << 20, in: origin.folder, named: "data/large.bin")
      let artifact = try await origin.publish(original, "--v1", "--piece-length", "64KiB")
      let seed = try await StockSeed.start(
        .libtorrent, artifact.torrent, data: origin.folder.path("data"), at: "127.0.0.7", options: ["--rate", "1500000"])
      var replica = try GranaryHost.replica()
      let mounts = try await MountNamespace()
      replica.mounts = mounts
      let (image, data) = (replica.folder.path("image"), replica.folder.path("data"))
      try await mounts.run("truncate", "-s", "64M", image)
      try await mounts.run("mkfs.ext4", "-q", "-E", "lazy_itable_init=0", image)
      try await mounts.run("mount", "-o", "loop,errors=remount-ro", image, data)
      let process = try replica.fetching(artifact.torrent, from: [seed.endpoint]).start()
      try await replica.waitForRecord(in: mounts)
      // What ext4 does when it meets a damaged block.
      let device = try await mounts.run("findmnt", "-n", "-o", "SOURCE", data).split(separator: "/").last.map(String.init) ?? ""
      try await mounts.run("sh", "-c", "echo 1 > /sys/fs/ext4/\(device.trimmingCharacters(in: .whitespacesAndNewlines))/trigger_fs_error")
      try await process.waitUntilTelling("Read-only file system")
      _ = await process.kill()
      try await mounts.run("umount", data)
      try await mounts.run("sh", "-c", "fsck.ext4 -p \(image) > /dev/null || [ $? = 1 ]")
      try await mounts.run("mount", "-o", "loop", image, data)
      let fetched = try await replica.fetch(artifact.torrent, from: [seed.endpoint])
      #expect(fetched.downloaded < 12 << 20, "\(fetched)")
      try await mounts.run("cmp", original, data + "/large.bin")
      #expect(try await mounts.run("ls", "-A", data) == "large.bin\nlost+found\n")
      try await seed.stop()
    }
  }
}

extension GranaryHost {
  /// Waits until the record of a fetch is there, in a file system that only the namespace sees.
  fileprivate func waitForRecord(in mounts: MountNamespace) async throws {
    let found = "for i in $(seq 300); do ls \(folder.path("data"))/.granary-*/record 2> /dev/null && exit; sleep 0.1; done; exit 1"
    try await mounts.run("sh", "-c", found)
  }
}
