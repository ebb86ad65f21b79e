import Foundation
import TestSupport
import Testing

extension Interop {
  /// Tests run as root, and nodes should not: what root alone may do, such as some options of sockets, is found here.
  @Suite(.enabled("only root can become somebody else, whom our program is for") { await Nobody.canRunUs() }) struct UnprivilegedTests {
    private func giveToNobody(_ host: GranaryHost) async throws {
      _ = try await ProcessRunner("chown", ["-R", "nobody:nogroup", host.folder.path]).output()
    }

    @Test func `a node that is not root serves and fetches`() async throws {
      let folder = try TemporaryDirectory("program", in: Nobody.shared)
      let program = try Nobody.makeProgram(in: folder)
      let seed = try GranaryHost(binary: program, folder: TemporaryDirectory("host", in: Nobody.shared))
      let original = try seed.make(.parts)
      try await giveToNobody(seed)
      let artifact = try await seed.publish(original, "--v1")
      let node = try await seed.start()
      #expect(try FileManager.default.attributesOfItem(atPath: "/proc/\(node.pid)")[.ownerAccountName] as? String == "nobody")
      try await expectDownload(node.libtorrent(artifact), equals: original)

      let replica = try GranaryHost(binary: program, folder: TemporaryDirectory("host", in: Nobody.shared))
      let torrent = try replica.folder.write(try Data(contentsOf: URL(fileURLWithPath: artifact.torrent)), to: "parts.torrent")
      try await giveToNobody(replica)
      let fetch = ["fetch", torrent, "--to", replica.folder.path("data"), "--peer", node.endpoint(), "--for", "60s"]
      let result = try await replica.command(fetch).run(within: .seconds(120))
      #expect(result.exit == .code(0), "\(result)")
      #expect(try TreeComparison.differences(expected: original, actual: replica.folder.path("data/parts")) == [])
      try await node.terminate()
    }
  }
}

/// The user `nobody`, who runs our program.
private enum Nobody {
  /// Whether there is a folder that everybody reaches (that of this run may well be root's alone), and `nobody` can run our program there.
  static func canRunUs() async -> Bool {
    guard geteuid() == 0, let folder = try? TemporaryDirectory("program", in: shared) else { return false }
    guard let program = try? makeProgram(in: folder) else { return false }
    return (try? await ProcessRunner(program, ["--version"]).run(within: .seconds(60)).exit) == .code(0)
  }

  static let shared = URL(fileURLWithPath: "/tmp")

  /// A program that becomes `nobody`, without any capability, and then ours. Where the build is nobody else may look.
  static func makeProgram(in folder: TemporaryDirectory) throws -> String {
    let copy = folder.path("granary-as-built")
    try FileManager.default.copyItem(atPath: GranaryHost.binary, toPath: copy)
    let words = "exec setpriv --reuid nobody --regid nogroup --clear-groups --no-new-privs '\(copy)' \"$@\""
    let program = try folder.write(Array("#!/bin/sh\n\(words)\n".utf8), to: "granary")
    for path in [program, folder.path] { try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path) }
    return program
  }
}
