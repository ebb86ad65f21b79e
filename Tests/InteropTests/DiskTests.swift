import Foundation
import TestSupport
import Testing

extension Interop {
  /// Disks that are full, read-only or broken, below the state and below the artifacts.
  @Suite(.enabled("nothing may be mounted here") { MountNamespace.isPermitted }) struct DiskTests {
    private static let injector = Bundle.module.bundlePath + "/Clients/faulty_disk.c"

    @Test func `with a full state directory the node goes on serving, says what fails, and is well again when there is room`() async throws
    {
      var host = try GranaryHost()
      let mounts = try await MountNamespace()
      host.mounts = mounts
      let state = host.folder.path("state")
      try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
      try await mounts.run("mount", "-t", "tmpfs", "-o", "size=4m,mode=700", "tmpfs", state)
      let original = try host.make(.singleFile)
      let output = host.folder.path("single.torrent")
      let artifact = try await host.publish(original, "--output", output)
      let node = try await host.start()
      _ = try await mounts.wrap(ProcessRunner("dd", ["if=/dev/zero", "of=\(state)/filler", "bs=4k"])).run()

      try await expectDownload(node.libtorrent(artifact), equals: original)
      try await expectRefused(host, node, from: "127.64.0.1")
      try await expectWarning(host, "the disk is full")
      try await expectFailingCommands(host, artifact, saying: ["full", "No space left"])
      #expect(try await host.run("journal").exit == .code(0), "what was stored before is not shown")
      try await expectDownload(node.libtorrent(artifact), equals: original)

      try await mounts.run("rm", "\(state)/filler")
      try await expectNoWarning(host)
      #expect(try await host.refusals(of: "127.64.0.1").isEmpty == false, "what happened meanwhile is not in the journal")
      _ = try await host.publish(try host.make(.parts))
      #expect(try await host.status().pid == node.pid)
      try await node.terminate()
    }

    @Test(arguments: [EROFS, EIO])
    func `a state directory that cannot be written any more stops no peer`(number: Int32) async throws {
      let disk = try await FaultyDisk(source: Self.injector)
      var host = try GranaryHost()
      host.nodeEnvironment = disk.environment
      let original = try host.make(.singleFile)
      let artifact = try await host.publish(original)
      let node = try await host.start()
      try disk.fail(.writes, number, on: host.folder.path("state"))
      try await expectRefused(host, node, from: "127.64.0.2")
      try await expectWarning(host, "the journal cannot be written")
      #expect(try await host.run("remove", artifact.name).exit == .code(74))
      // What could not be removed is served as before.
      try await expectDownload(node.libtorrent(artifact), equals: original)
      try disk.heal()
      try await expectNoWarning(host)
      #expect(try await host.run("remove", artifact.name).exit == .code(0))
      try await node.terminate()
    }

    @Test func `an inventory that cannot be read stops no peer that is there, and nobody once it can be read again`() async throws {
      let disk = try await FaultyDisk(source: Self.injector)
      var host = try GranaryHost()
      host.nodeEnvironment = disk.environment
      let original = try host.make(.singleFile)
      let artifact = try await host.publish(original)
      let node = try await host.start()
      let peer = try await RawPeer.dial(node.endpoint(), from: "127.64.0.4")
      #expect(try await peer.shakeHands(artifact))
      #expect(try await peer.canDownload(piece: 0))
      try disk.fail(.reads, EIO, on: "inventory.sqlite")
      // SQLite takes an unreadable page for a damaged file: 65, or 74 where it tells them apart.
      let result = try await host.run("status", "--json")
      if result.exit != .code(0) { #expect([.code(65), .code(74)].contains(result.exit), "\(result)") }
      #expect(try await peer.gets(piece: 1))
      try disk.heal()
      try await expectDownload(node.libtorrent(artifact), equals: original)
      #expect(try await host.status().pid == node.pid)
      _ = try await host.publish(try host.make(.parts))
      try await node.terminate()
    }

    @Test func `an artifact that cannot be read goes out of service with the reason, and others do not notice`() async throws {
      let disk = try await FaultyDisk(source: Self.injector)
      var host = try GranaryHost()
      host.nodeEnvironment = disk.environment
      let (bad, good) = (try host.make(.singleFile), try host.make(.parts))
      let (broken, whole) = (try await host.publish(bad), try await host.publish(good))
      let node = try await host.start()
      try disk.fail(.reads, EIO, on: "data/singleFile")
      let peer = try await RawPeer.dial(node.endpoint(), from: "127.64.0.3")
      #expect(try await peer.shakeHands(broken))
      #expect(try await peer.canDownload(piece: 0) == false)
      try await expectWarning(host, "Input/output error")
      try await expectDownload(node.libtorrent(whole), equals: good)
      try disk.heal()
      #expect(try await host.run("verify", broken.name).exit == .code(0))
      try await expectDownload(node.libtorrent(broken), equals: bad)
      try await node.terminate()
    }

    @Test func `artifacts on a file system that has become read-only are served`() async throws {
      var host = try GranaryHost()
      let mounts = try await MountNamespace()
      host.mounts = mounts
      let original = try host.make(.awkward)
      let data = host.folder.path("data")
      try await mounts.run("mount", "--bind", data, data)
      let artifact = try await host.publish(original)
      let node = try await host.start()
      try await mounts.run("mount", "-o", "remount,bind,ro", data)
      try await expectDownload(node.libtorrent(artifact), equals: original)
      #expect(try await host.run("verify", artifact.name).exit == .code(0))
      try await node.terminate()
    }

    // MARK: Expectations

    /// A peer that is refused, so that there is something for the journal.
    private func expectRefused(_ host: GranaryHost, _ node: GranaryProcess, from address: String) async throws {
      let peer = try await RawPeer.dial(node.endpoint(), from: address)
      await peer.send(PeerBytes.handshake(infoHash: [UInt8](repeating: 7, count: 20)))
      #expect(try await peer.isHungUp())
    }

    private func expectWarning(_ host: GranaryHost, _ text: String) async throws {
      let warnings = try await settled(host) { $0.contains { $0.contains(text) } }
      #expect(warnings.contains { $0.contains(text) }, "\(warnings)")
    }

    private func expectNoWarning(_ host: GranaryHost) async throws {
      #expect(try await settled(host, until: \.isEmpty) == [])
    }

    /// The node's warnings, asked for until they are as wanted; each question is a process of its own.
    private func settled(_ host: GranaryHost, until isMet: ([String]) -> Bool) async throws -> [String] {
      let deadline = ContinuousClock.now + .seconds(15)
      var warnings = try await host.status().warnings
      while !isMet(warnings), ContinuousClock.now < deadline { warnings = try await host.status().warnings }
      return warnings
    }

    private func expectFailingCommands(_ host: GranaryHost, _ artifact: GranaryArtifact, saying words: [String]) async throws {
      let another = try Artifacts.file(700_000, in: host.folder, named: "data/another")
      for arguments in [["publish", another], ["remove", artifact.name]] {
        let result = try await host.command(arguments).run()
        #expect(result.exit == .code(74), "\(result)")
        #expect(words.contains { result.errors.contains($0) }, "\(result)")
      }
    }
  }
}
