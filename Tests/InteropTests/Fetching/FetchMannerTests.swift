import Foundation
import TestSupport
import Testing

extension Interop {
  /// `fetch:`: how what is fetched lies on disk.
  @Suite struct FetchMannerTests {
    private static func mode(_ path: String) throws -> Int {
      try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int ?? -1
    }

    @Test func `modes are as they are set, whatever the umask is`() async throws {
      let origin = try GranaryHost()
      let original = origin.folder.path("data/tools")
      try origin.folder.write(Array("text".utf8), to: "data/tools/notes/a.txt")
      try origin.folder.write(Array("#!/bin/sh\n".utf8), to: "data/tools/run")
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: origin.folder.path("data/tools/run"))
      let artifact = try await origin.publish(original, "--v1")
      let node = try await origin.start()
      let replica = try GranaryHost.replica {
        $0.extra = ["fetch: { allocate: whole, file-mode: \"0640\", executable-mode: \"0710\", folder-mode: \"0750\" }"]
      }
      try await replica.fetch(artifact.torrent, from: [node.endpoint()])
      try replica.expectFetched(original)
      #expect(try Self.mode(replica.folder.path("data/tools/notes/a.txt")) == 0o640)
      #expect(try Self.mode(replica.folder.path("data/tools/run")) == 0o710)
      for folder in ["data/tools", "data/tools/notes"] { #expect(try Self.mode(replica.folder.path(folder)) == 0o750) }
      try await node.terminate()
    }

    @Test(.enabled("only root gives files away") { geteuid() == 0 })
    func `what is fetched belongs to whom it is to`() async throws {
      let origin = try GranaryHost()
      let original = try origin.make(.singleFile)
      let artifact = try await origin.publish(original, "--v1")
      let node = try await origin.start()
      let replica = try GranaryHost.replica { $0.extra = ["fetch: { owner: nobody, group: \"7\" }"] }
      try await replica.fetch(artifact.torrent, from: [node.endpoint()])
      let attributes = try FileManager.default.attributesOfItem(atPath: replica.folder.path("data/singleFile"))
      #expect(attributes[.ownerAccountName] as? String == "nobody" && attributes[.groupOwnerAccountID] as? Int == 7, "\(attributes)")
      try await node.terminate()
    }

    @Test func `an owner that there is not stops the start`() async throws {
      let replica = try GranaryHost.replica { $0.extra = ["fetch: { owner: nobody-of-that-name }"] }
      let result = try await replica.run("check")
      #expect(result.exit == .code(78) && result.errors.contains("there is no user 'nobody-of-that-name'"), "\(result)")
    }
  }
}
