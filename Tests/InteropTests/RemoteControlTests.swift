import Foundation
import TestSupport
import Testing

extension Interop {
  /// A node that takes orders of other machines: by mutual TLS, and by tokens on its own.
  @Suite struct RemoteControlTests {
    private static let token = String(repeating: "k", count: 64)

    /// A node with both kinds of addresses, and what asks it.
    private struct Controlled {
      let host: GranaryHost
      let pki: FleetPKI
      let (secure, plain): (UInt16, UInt16)
      let token: String

      init(uploads: Bool = true) async throws {
        pki = try await FleetPKI.make(members: ["ci", "eyes", "edge"])
        try await pki.run("issue", "depot", "--dns", "localhost")
        (secure, plain) = (try FreePort.pick(), try FreePort.pick())
        var sections = TLSSections()
        sections.fleet = pki.fleet("depot")
        var configuration = GranaryConfiguration()
        configuration.extra = sections.lines
        let folder = try TemporaryDirectory("host")
        token = try folder.write(Array("me \(RemoteControlTests.token)\n".utf8), to: "token")
        let identities = "identities: [\"fleet/spiffe://corp/ci\"], readers: [\"fleet/spiffe://corp/eyes\"]"
        let lines = [
          "control:", "  listen:", "    - { address: \"127.0.0.1:\(secure)\", tls: fleet, \(identities) }",
          "    - { address: \"127.0.0.1:\(plain)\", tokens: \(token) }",
        ]
        configuration.extra.append((lines + (uploads ? ["  uploads: data/incoming"] : [])).joined(separator: "\n"))
        host = try GranaryHost(configuration, folder: folder)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: token)
      }

      /// A command of somebody in the fleet, on a machine without a configuration.
      func command(as name: String, _ arguments: [String]) -> ProcessRunner {
        let shown = ["--node-certificate", pki.certificate(name), "--node-key", pki.key(name), "--node-trust", pki.authority]
        return ProcessRunner(GranaryHost.binary, arguments + ["--node", "https://localhost:\(secure)"] + shown, workingFolder: pki.path)
      }

      func ask(as name: String, _ arguments: String...) async throws -> ProcessResult {
        try await command(as: name, arguments).run(within: .seconds(120))
      }

      /// A command with the token, on the node's machine.
      func askHere(_ arguments: String...) async throws -> ProcessResult {
        try await ProcessRunner(
          GranaryHost.binary, arguments + ["--node", "http://127.0.0.1:\(plain)", "--node-token", token], workingFolder: pki.path
        ).run(within: .seconds(120))
      }
    }

    @Test(arguments: [("--v1", Artifacts.awkward), ("--hybrid", .parts), ("--v2", .manySmallFiles)])
    func `what another machine publishes is checked, kept, and served to a stock client`(kind: String, payload: Artifacts) async throws {
      let controlled = try await Controlled()
      let node = try await controlled.host.start()
      let build = try TemporaryDirectory("build")
      let original = try payload.make(in: build, named: payload.rawValue, seed: 3)
      let options = ["--label", "channel=stable", "--output", build.path("it.torrent"), "--json"]
      let text = try await controlled.command(as: "ci", ["publish", original, kind] + options).output(within: .seconds(120))
      let artifact = try GranaryJSON.decode(GranaryArtifact.self, schema: "granary.publish/1", from: text)
      let listed = try #require(try await controlled.host.list().artifacts.first)
      #expect(listed.infoHashV1 == artifact.infoHashV1 && listed.infoHashV2 == artifact.infoHashV2)
      #expect(listed.state == "ready")
      let torrent = try await controlled.host.json("show", artifact.name)
      #expect(torrent.contains("\"channel\":\"stable\""))
      #expect(
        try TreeComparison.differences(expected: original, actual: controlled.host.folder.path("data/incoming/\(payload.rawValue)")) == [])
      try await expectDownload(node.libtorrent(artifact), equals: original)
      // Once more is nothing to send.
      let again = try await controlled.ask(as: "ci", "publish", original, kind)
      #expect(again.exit == .code(0), "\(again)")
      #expect(try await controlled.host.json("journal").contains("\"operation\":\"upload\""))
      #expect(try await controlled.host.json("journal").contains("\"principal\":\"fleet/spiffe://corp/ci\""))
      try await node.terminate()
    }

    @Test func `who may only ask changes nothing, and who is nobody learns nothing`() async throws {
      let controlled = try await Controlled()
      let artifact = try await controlled.host.publish(try controlled.host.make(.singleFile), "--v1")
      let node = try await controlled.host.start()
      for arguments in [["status"], ["peers"], ["list"], ["journal"], ["limits"], ["why", "127.0.0.9", artifact.name]] {
        let result = try await controlled.command(as: "eyes", arguments).run(within: .seconds(60))
        #expect(result.exit == .code(0), "\(arguments): \(result)")
        let stranger = try await controlled.command(as: "edge", arguments).run(within: .seconds(60))
        #expect(stranger.exit == .code(77) && stranger.output.isEmpty, "\(arguments): \(stranger)")
      }
      let original = try controlled.host.make(.parts, named: "more")
      for arguments in [
        ["pause", artifact.name], ["remove", artifact.name], ["reload"], ["limits", "--upload", "1 MiB/s"], ["publish", original],
      ] {
        let result = try await controlled.command(as: "eyes", arguments).run(within: .seconds(60))
        #expect(result.exit == .code(77), "\(arguments): \(result)")
      }
      #expect(try await controlled.host.list().artifacts.map(\.state) == ["ready"])
      let journal = try await controlled.host.json("journal", "--refused")
      #expect(
        journal.contains("it may ask, and change nothing") && journal.contains("neither identities nor readers of this address has it"))
      // Plain, with a browser's headers, and with no token or another one.
      let url = "http://127.0.0.1:\(controlled.plain)/v1/status"
      for (fields, status) in [
        ([], "401"), (["-H", "Authorization: Bearer \(Self.token)"], "200"), (["-H", "Authorization: Bearer nonsense"], "401"),
        (["-H", "Authorization: Bearer \(Self.token)", "-H", "Origin: http://evil.example"], "403"),
        (["-H", "Authorization: Bearer \(Self.token)", "-H", "Host: evil.example"], "421"),
      ] {
        let answer = try await ProcessRunner("curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}", url] + fields).output(
          within: .seconds(60))
        #expect(answer == status, "\(fields)")
      }
      try await node.terminate()
    }

    @Test func `an artifact is paused under a client, and goes on when it is resumed; limits hold and are taken back`() async throws {
      let controlled = try await Controlled()
      let original = try controlled.host.make(.singleFile)
      let artifact = try await controlled.host.publish(original, "--v1")
      let node = try await controlled.host.start()
      #expect(
        try await controlled.askHere("limits", "--upload", "64 KiB/s", "--json").output.contains("\"overridden\":true,\"rate\":65536"))
      let folder = try TemporaryDirectory("download")
      var download = node.libtorrent(artifact)
      download.limit = .seconds(120)
      let client = try download.start(into: folder.path)
      _ = try await eventually("the download's begin") { try await controlled.host.status().uploaded > 0 ? () : nil }
      let paused = try await controlled.askHere("pause", artifact.name, "--reason", "a drill")
      #expect(paused.exit == .code(0) && paused.output == "paused \(artifact.name)\n", "\(paused)")
      #expect(try await controlled.host.list().artifacts.map(\.state) == ["paused"])
      #expect(try await controlled.ask(as: "ci", "limits", "--reset").exit == .code(0))
      #expect(try await controlled.host.json("status").contains("\"ready\":true"))
      let resumed = try await controlled.ask(as: "ci", "resume", artifact.name)
      #expect(resumed.output == "resumed \(artifact.name)\n", "\(resumed)")
      let report = try ClientReport.read(await client.finish(within: .seconds(150)))
      try expectComplete(report, download, in: folder.path, equals: original)
      let journal = try await controlled.host.json("journal")
      #expect(
        journal.contains("\"principal\":\"token me\"") && journal.contains("\"operation\":\"limits\"")
          && journal.contains("upload 64.0 KiB/s"))
      try await node.terminate()
    }

    @Test func `paused outlives the node, and is resumed where none runs`() async throws {
      let host = try GranaryHost()
      let original = try host.make(.singleFile)
      let artifact = try await host.publish(original, "--v1")
      #expect(try await host.run("pause", artifact.name).exit == .code(0))
      var node = try await host.start()
      #expect(try await host.json("status").contains("\"serving\":0,"))
      try await node.terminate()
      #expect(try await host.run("resume", artifact.name).exit == .code(0))
      node = try await host.start()
      try await expectDownload(node.libtorrent(artifact), equals: original)
      try await node.terminate()
    }

    @Test func `an upload that was cut with its node is gone on with, by whatever program`() async throws {
      let controlled = try await Controlled()
      let build = try TemporaryDirectory("build")
      let original = try Artifacts.singleFile.make(in: build, named: "app", seed: 3)
      // Hashed elsewhere: only the torrent is of use here.
      let maker = try GranaryHost()
      let artifact = try await maker.publish(
        try Artifacts.singleFile.make(in: maker.folder, named: "data/app", seed: 3), "--v1", "--piece-length", "256KiB")
      var node = try await controlled.host.start()
      let torrent = try Data(contentsOf: URL(fileURLWithPath: artifact.torrent)).base64EncodedString()
      let order = "{\"torrent\":\"\(torrent)\",\"name\":\"app\",\"labels\":{}}"
      let url = "http://127.0.0.1:\(controlled.plain)/v1/uploads"
      func curl(_ arguments: String...) async throws -> String {
        try await ProcessRunner("curl", ["-sS", "-f", "-H", "Authorization: Bearer \(Self.token)"] + arguments).output(within: .seconds(60))
      }
      #expect(try await curl("-d", order, url).contains("\"schema\":\"granary.upload/1\""))
      let half = try build.write(try Data(contentsOf: URL(fileURLWithPath: original)).prefix(1 << 20), to: "half")
      let hash = try #require(artifact.infoHashV1)
      #expect(try await curl("-T", half, "\(url)?what=\(hash)&offset=0").contains("\"taken\":true"))
      _ = try await eventually("four pieces") { try await curl("\(url)?what=\(hash)").contains("\"pieces_held\":4,") ? () : nil }
      try await node.terminate()
      node = try await controlled.host.start()
      #expect(try await curl("\(url)?what=\(hash)").contains("\"pieces_held\":4,"))
      let rest = try await controlled.ask(as: "ci", "publish", original, "--v1", "--piece-length", "256KiB")
      #expect(rest.exit == .code(0), "\(rest)")
      // What was there was not asked for again.
      let sent = try await controlled.host.json("status")
      #expect(sent.contains("\"downloaded\":\(artifact.size - (1 << 20)),"), "\(sent)")
      try await expectDownload(node.libtorrent(artifact), equals: original)
      try await node.terminate()
    }

    @Test func `an artifact that lies there in another version is not taken for the new one`() async throws {
      let controlled = try await Controlled()
      let node = try await controlled.host.start()
      let build = try TemporaryDirectory("build")
      let original = try Artifacts.parts.make(in: build, named: "app", seed: 3)
      #expect(try await controlled.ask(as: "ci", "publish", original, "--v1").exit == .code(0))
      try build.write(Array("another".utf8), to: "app/more")
      let second = try await controlled.ask(as: "ci", "publish", original, "--v1")
      #expect(second.exit == .code(73) && second.errors.contains("is there already"), "\(second)")
      #expect(try await controlled.host.list().artifacts.map(\.state) == ["ready"])
      #expect(!FileManager.default.fileExists(atPath: controlled.host.folder.path("data/incoming/app/more")))
      try await node.terminate()
    }

    @Test func `whom the file has no more is let in no more, though the address stays open`() async throws {
      let controlled = try await Controlled()
      let node = try await controlled.host.start()
      #expect(try await controlled.ask(as: "ci", "status").exit == .code(0))
      let yaml = String(decoding: try controlled.host.folder.read("granary.yaml"), as: UTF8.self)
      let moved = yaml.replacing("127.0.0.1:\(controlled.secure)", with: "127.0.0.3:\(controlled.secure)")
      try controlled.host.folder.write(Array(moved.utf8), to: "granary.yaml")
      let reload = try await controlled.host.run("reload")
      #expect(reload.exit == .code(0) && reload.errors.contains("control.listen"), "\(reload)")
      #expect(try await controlled.ask(as: "ci", "status").exit == .code(77))
      #expect(try await controlled.askHere("status").exit == .code(0))
      try await node.terminate()
    }

    @Test func `a fetch that was paused before a restart leaves nothing when it is removed`() async throws {
      let origin = try GranaryHost()
      let artifact = try await origin.publish(try origin.make(.singleFile), "--v1")
      let host = try GranaryHost()
      // Nobody has it.
      let fetch = try await host.run("fetch", artifact.torrent, "--to", host.folder.path("data"), "--for", "1s")
      #expect(fetch.exit == .code(69), "\(fetch)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: host.folder.path("data")).isEmpty == false)
      #expect(try await host.run("pause", artifact.name).exit == .code(0))
      let node = try await host.start()
      #expect(try await host.run("remove", artifact.name).exit == .code(0))
      #expect(try FileManager.default.contentsOfDirectory(atPath: host.folder.path("data")).isEmpty)
      try await node.terminate()
    }

    @Test func `uploads are taken where they are wanted alone, and what is wrong there is told`() async throws {
      let controlled = try await Controlled(uploads: false)
      let node = try await controlled.host.start()
      let build = try TemporaryDirectory("build")
      let original = try Artifacts.singleFile.make(in: build, named: "app", seed: 3)
      let refused = try await controlled.ask(as: "ci", "publish", original)
      #expect(refused.exit == .code(69) && refused.errors.contains("this node takes no uploads"), "\(refused)")
      #expect(try await controlled.host.list().artifacts.isEmpty)
      let nobody = try await ProcessRunner(GranaryHost.binary, ["status", "--node", "http://127.0.0.1:1"], workingFolder: build.path).run(
        within: .seconds(60))
      #expect(nobody.exit == .code(69), "\(nobody)")
      let bare = try await ProcessRunner(GranaryHost.binary, ["status", "--node", "http://192.0.2.1:6880"], workingFolder: build.path).run(
        within: .seconds(60))
      #expect(bare.exit == .code(64) && bare.errors.contains("https, or http to this machine"), "\(bare)")
      try await node.terminate()
      // Others can read the tokens; the folder is outside of the roots: neither starts.
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: controlled.token)
      let open = try await controlled.host.run("check")
      #expect(open.exit == .code(77) || open.exit == .code(78), "\(open)")
      #expect(open.errors.contains("others may read the control tokens"), "\(open)")
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: controlled.token)
      let yaml = String(decoding: try controlled.host.folder.read("granary.yaml"), as: UTF8.self)
      try controlled.host.folder.write(Array(yaml.replacing("control:\n", with: "control:\n  uploads: /usr\n").utf8), to: "granary.yaml")
      let outside = try await controlled.host.run("check")
      #expect(outside.exit == .code(78) && outside.errors.contains("control.uploads: /usr is not below"), "\(outside)")
    }
  }
}
