import Foundation
import PluginKit
import Settings
import TestSupport
import Testing

struct CredentialFolderTests {
  private static let yaml = """
    listen: [{ address: "127.0.0.1:1" }]
    tls: { fleet: { certificate: node.pem, key: node.key, trust: ca.pem, revoked: revoked.pem } }
    tracker: { listen: [{ address: "127.0.0.1:2", protocol: http }], keys: announce.keys }
    catalogue: { listen: [{ address: "127.0.0.1:3" }], key: catalogue.key, keys: sub/readers.keys }

    """

  /// With these files there, and nothing else.
  private func settings(_ files: [String], credentials: String? = "/run/credentials/granary.service") throws -> NodeSettings {
    var environment = SettingsEnvironment(variables: credentials.map { ["CREDENTIALS_DIRECTORY": $0] } ?? [:])
    environment.isMissing = { !files.contains($0) }
    return try load(Self.yaml, environment: environment)
  }

  private static let all = ["node.pem", "node.key", "ca.pem", "revoked.pem", "announce.keys", "catalogue.key", "readers.keys"]
    .map { "/run/credentials/granary.service/" + $0 }

  @Test("A secret that is not beside the configuration is the credential of its name; what says whom to trust never is")
  func credentials() throws {
    let settings = try settings(Self.all)
    let entry = try #require(settings.tls.entries.first)
    #expect(entry.credentials.key.path == "/run/credentials/granary.service/node.key")
    #expect(entry.credentials.certificate.path == "/run/credentials/granary.service/node.pem")
    #expect(settings.tracker?.keys == "/run/credentials/granary.service/announce.keys")
    #expect(settings.catalogue?.key == "/run/credentials/granary.service/catalogue.key")
    #expect(entry.trust.path == "/etc/granary/ca.pem" && entry.revoked?.path == "/etc/granary/revoked.pem")
    #expect(settings.catalogue?.keys == "/etc/granary/sub/readers.keys", "a path with folders is no credential's name")
  }

  @Test("What lies beside the configuration comes first, and where there is no such credential either it is missed there")
  func besides() throws {
    let there = try settings(Self.all + ["/etc/granary/node.key"])
    #expect(there.tls.entries.first?.credentials.key.path == "/etc/granary/node.key")
    #expect(try settings([]).catalogue?.key == "/etc/granary/catalogue.key")
    #expect(try settings(Self.all, credentials: nil).catalogue?.key == "/etc/granary/catalogue.key")
    #expect(try settings(Self.all, credentials: "run/credentials").catalogue?.key == "/etc/granary/catalogue.key")
  }

  @Test("A file of secrets that a plugin names is looked for alike, and a list is not")
  func documents() throws {
    let folder = try TemporaryDirectory("credentials")
    for name in ["credentials/auth.yaml", "credentials/rules.yaml", "etc/other.yaml"] {
      chmod(try folder.write(Array("a: 1\n".utf8), to: name), 0o400)
    }
    let documents = YAMLDocuments(besides: folder.path("etc"), credentials: CredentialFolder(folder.path("credentials")))
    let place = try documents.open(folder.path("etc/auth.yaml"), isSecret: true)
    #expect(try place.decode([String: Int].self) == ["a": 1])
    #expect(try documents.open(folder.path("etc/other.yaml"), isSecret: true).decode([String: Int].self) == ["a": 1])
    #expect(throws: SettingsProblem.self) { try documents.open(folder.path("etc/rules.yaml"), isSecret: false) }
    #expect(throws: SettingsProblem.self) { try documents.open(folder.path("etc/keys/auth.yaml"), isSecret: true) }
    #expect(throws: SettingsProblem.self) { try YAMLDocuments().open(folder.path("etc/auth.yaml"), isSecret: true) }
  }

  @Test(
    "A secret is its owner's alone; a credential may be root's and be read through an access list, whose mask looks like a group's",
    arguments: [
      ("/etc/granary/key", 0o600, 0, false), ("/etc/granary/key", 0o440, 0, true), ("/run/credentials/g/key", 0o400, 7, false),
      ("/run/credentials/g/key", 0o440, 0, false), ("/run/credentials/g/key", 0o440, 7, true), ("/run/credentials/g/key", 0o460, 0, true),
      ("/run/credentials/g/key", 0o444, 0, true), ("/run/credentials/gg/key", 0o440, 0, true),
    ] as [(String, UInt32, UInt32, Bool)])
  func modes(path: String, mode: UInt32, owner: UInt32, isOpen: Bool) {
    #expect(CredentialFolder.isOpenToOthers(path, mode: mode, owner: owner, CredentialFolder("/run/credentials/g")) == isOpen)
  }
}
