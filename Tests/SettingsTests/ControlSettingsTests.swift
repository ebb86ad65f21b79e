import PluginKit
import Settings
import Testing

struct ControlSettingsTests {
  private static let listen = "listen: [{ address: \"127.0.0.1:1\" }]\ntls: { fleet: { certificate: c, key: k, trust: t } }\n"

  @Test func `nothing said is no listener`() throws {
    #expect(try load(Self.listen).control == nil)
  }

  @Test func `every key is taken, and what is left out has its default`() throws {
    let text = """
      control:
        listen:
          - { address: "127.0.0.1:6880", tokens: secrets/control }
          - { address: "0.0.0.0:6880", tls: fleet, identities: ["fleet/dns:ci.corp"], readers: ["fleet/spiffe://corp/eyes/*"] }
        hosts: [Depot-01.corp]
        uploads: incoming
      """
    let control = try #require(try load(Self.listen + text).control)
    #expect(
      control.listen.map(\.access.tls) == [nil, "fleet"] && control.listen[0].access == .tokens(file: "/etc/granary/secrets/control"))
    guard case .tls(_, let identities, let readers) = control.listen[1].access else { return #expect(Bool(false), "\(control)") }
    #expect(identities.map(\.description) == ["fleet/dns:ci.corp"] && readers.map(\.description) == ["fleet/spiffe://corp/eyes/*"])
    #expect(control.listen[1].place == "n.yaml:6:18")
    #expect(control.hosts == ["depot-01.corp"] && control.uploads == "/etc/granary/incoming" && control.uploadsPlace == "n.yaml:8:12")
    let short = try #require(try load(Self.listen + "control: { listen: [{ address: \"[::1]:6880\", tokens: t }] }").control)
    #expect(short.hosts.isEmpty && short.uploads == nil)
  }

  @Test func `a list of nobody is warned of`() throws {
    let settings = try load(Self.listen + "control: { listen: [{ address: \"0.0.0.0:7\", tls: fleet, identities: [] }] }")
    #expect(settings.warnings.map(\.description).first?.contains("nobody is let in there") == true)
  }

  @Test(arguments: [
    ("control: {}", "n.yaml:3:10: control: the key 'listen' is missing"),
    ("control: { listen: [] }", "n.yaml:3:10: control: it listens nowhere"),
    (
      "control: { listen: [{ address: \"0.0.0.0:7\", tokens: t }] }",
      "n.yaml:3:21: control.listen[0]: 0.0.0.0:7 is beyond loopback and needs tls"
    ),
    ("control: { listen: [{ address: \"127.0.0.1:7\" }] }", "n.yaml:3:21: control.listen[0]: whoever is on this machine could ask there"),
    (
      "control: { listen: [{ address: \"127.0.0.1:7\", identities: [\"fleet/dns:a\"] }] }",
      "n.yaml:3:21: control.listen[0]: a plain link proves no identity"
    ),
    ("control: { listen: [{ address: \"127.0.0.1:7\", tls: fleet }] }", "n.yaml:3:21: control.listen[0]: say who may do everything there"),
    (
      "control: { listen: [{ address: \"127.0.0.1:7\", tls: fleet, tokens: t, identities: [] }] }",
      "n.yaml:3:21: control.listen[0]: with tls the certificate says who asks"
    ),
    (
      "control: { listen: [{ address: \"127.0.0.1:7\", tls: fleet, readers: [\"other/dns:a\"] }] }",
      "n.yaml:3:69: control.listen[0].readers[0]: nobody proves 'other/dns:a' there"
    ),
    (
      "control: { listen: [{ address: \"127.0.0.1:7\", tls: fleed, identities: [] }] }",
      "n.yaml:3:52: control.listen[0].tls: there is no entry 'fleed' under tls; did you mean 'fleet'?"
    ),
    (
      "control: { listen: [{ address: \"127.0.0.1:7\", tokens: t }, { address: \"127.0.0.1:7\", tokens: t }] }",
      "n.yaml:3:60: control.listen[1]: 127.0.0.1:7 stands here a second time"
    ),
  ])
  func `what is wrong is told where it stands`(text: String, problem: String) throws {
    let found = problems(Self.listen + text)
    #expect(found.contains { $0.hasPrefix(problem) }, "\(found)")
  }
}
