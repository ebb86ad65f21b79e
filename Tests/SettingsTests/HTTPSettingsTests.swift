import PluginKit
import Settings
import Testing

struct HTTPSettingsTests {
  private static let listen = "listen: [{ address: \"127.0.0.1:1\" }]\ntls: { fleet: { certificate: c, key: k, trust: t } }\n"

  @Test("Nothing said is no listener, and no file of metrics")
  func nothing() throws {
    let settings = try load(Self.listen)
    #expect(settings.http == nil && settings.textfile == nil)
  }

  @Test("Every key is taken, and what is left out has its default")
  func all() throws {
    let text = """
      http:
        listen:
          - address: 127.0.0.1:9464
          - { address: "0.0.0.0:9465", tls: fleet, identities: ["fleet/spiffe://corp/monitoring/*", "fleet/dns:*.corp"] }
        hosts: [Depot-01.corp, "10.0.0.7"]
        page: true
      metrics: { textfile: metrics/granary.prom }
      """
    let settings = try load(Self.listen + text)
    let http = try #require(settings.http)
    #expect(http.listen.map(\.tls) == [nil, "fleet"] && http.listen.map(\.address.port) == [9464, 9465])
    #expect(http.listen[0].identities == nil)
    #expect(http.listen[1].identities?.map(\.description) == ["fleet/spiffe://corp/monitoring/*", "fleet/dns:*.corp"])
    #expect(http.listen[1].place == "n.yaml:6:18")
    #expect(http.hosts == ["depot-01.corp", "10.0.0.7"] && http.hasPage)
    #expect(settings.textfile == "/etc/granary/metrics/granary.prom")
    // What watches a node is no way in for peers.
    #expect(!settings.listensBeyondLoopback)
    let short = try #require(try load(Self.listen + "http: { listen: [{ address: \"[::1]:9464\" }] }").http)
    #expect(short.hosts.isEmpty && !short.hasPage)
  }

  @Test("On loopback it may be plain, also where peers' links may not")
  func closed() throws {
    let closed = Self.listen.replacing("1:1\" }", with: "1:1\", tls: fleet }") + "links: tls\n"
    #expect(try load(closed + "http: { listen: [{ address: \"127.0.0.1:7\" }] }").http?.listen.first?.tls == nil)
  }

  @Test("An empty list of readers is warned of")
  func emptyReaders() throws {
    let settings = try load(Self.listen + "http: { listen: [{ address: \"0.0.0.0:7\", tls: fleet, identities: [] }] }")
    #expect(settings.http?.listen.first?.identities?.isEmpty == true)
    #expect(settings.warnings.map(\.description) == ["n.yaml:3:18: http.listen[0]: its identities are empty: nobody may read there"])
  }

  @Test(
    "What is wrong is told where it stands",
    arguments: [
      ("http: {}", "n.yaml:3:7: http: the key 'listen' is missing"),
      ("http: { listen: [] }", "n.yaml:3:7: http: it listens nowhere"),
      (
        "http: { listen: [{ address: \"0.0.0.0:7\" }] }",
        "n.yaml:3:18: http.listen[0]: 0.0.0.0:7 is beyond loopback and needs tls: name an entry, and the identities that may read there"
      ),
      ("http: { listen: [{ address: \"[::]:7\" }] }", "n.yaml:3:18: http.listen[0]: [::]:7 is beyond loopback and needs tls"),
      (
        "http: { listen: [{ address: \"127.0.0.1:7\", tls: fleet }] }",
        "n.yaml:3:18: http.listen[0]: say who may read there, identities: ["
      ),
      (
        "http: { listen: [{ address: \"127.0.0.1:7\", tls: fleed, identities: [] }] }",
        "n.yaml:3:49: http.listen[0].tls: there is no entry 'fleed' under tls; did you mean 'fleet'?"
      ),
      (
        "http: { listen: [{ address: \"127.0.0.1:7\", identities: [\"fleet/dns:a\"] }] }",
        "n.yaml:3:18: http.listen[0]: a plain link proves no identity"
      ),
      (
        "http: { listen: [{ address: \"127.0.0.1:7\", tls: fleet, identities: [\"other/dns:a\"] }] }",
        "n.yaml:3:69: http.listen[0].identities[0]: nobody proves 'other/dns:a' there: its trust entry is not 'fleet'"
      ),
      (
        "http: { listen: [{ address: \"127.0.0.1:7\", tls: fleet, identities: [\"monitor\"] }] }",
        "n.yaml:3:69: http.listen[0].identities[0]: 'monitor' names no trust entry"
      ),
      (
        "http: { listen: [{ address: \"127.0.0.1:7\" }, { address: \"127.0.0.1:7\" }] }",
        "n.yaml:3:46: http.listen[1]: 127.0.0.1:7 stands here a second time"
      ),
      ("http: { listen: [{ address: \"127.0.0.1:7\" }], hosts: [\"http://a/\"] }", "n.yaml:3:55: http.hosts[0]: expected a host"),
      ("metrics: {}", "n.yaml:3:10: metrics: the key 'textfile' is missing"),
    ])
  func wrong(text: String, problem: String) throws {
    let found = problems(Self.listen + text)
    #expect(found.contains { $0.hasPrefix(problem) }, "\(found)")
  }
}
