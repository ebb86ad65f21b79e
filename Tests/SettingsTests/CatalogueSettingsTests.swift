import PluginKit
import Settings
import Testing

struct CatalogueSettingsTests {
  private static let listen = "listen: [{ address: \"127.0.0.1:1\" }]\nartifacts: { roots: [/srv] }\n"
  private static let key = String(repeating: "ab", count: 32)

  @Test("Nothing said is no catalogue, no mirror, and no budget")
  func nothing() throws {
    let settings = try load(Self.listen)
    #expect(settings.catalogue == nil && settings.mirror.isEmpty && settings.disk == nil)
  }

  @Test("Every key is taken, and what is left out has its default")
  func all() throws {
    let text = """
      node: { name: depot-01 }
      tls: { fleet: { certificate: c, key: k, trust: t } }
      catalogue:
        listen: [{ address: "127.0.0.1:6970", tls: fleet }, { address: "127.0.0.1:6971" }]
        key: keys/catalogue.key
        name: depot
        artifacts: ["app-*"]
        renew: 10m
      mirror:
        - catalogue: https://depot.corp:6970/catalogue
          keys: ["\(Self.key.uppercased())"]
          take: "app-*"
          labels: { channel: stable }
          keep: 3
          pin: [app-1.0, app-1.1]
          grace: 2h
          every: 1m
          max-age: 1d
          to: mirror
          paused: true
        - { catalogue: "http://lab.corp/catalogue", unsigned: true, take: ["*"], keep: all }
      disk: { max: 500 GiB, high: 80%, low: 70%, keep: 2 }
      """
    let settings = try load(Self.listen + text)
    let catalogue = try #require(settings.catalogue)
    #expect(catalogue.listen.map(\.tls) == ["fleet", nil] && catalogue.listen.map(\.address.port) == [6970, 6971])
    #expect(catalogue.key == "/etc/granary/keys/catalogue.key" && catalogue.name == "depot" && catalogue.artifacts == ["app-*"])
    #expect(catalogue.renew.description == "10m")
    let mirror = try #require(settings.mirror.first)
    #expect(mirror.catalogue == "https://depot.corp:6970/catalogue" && mirror.keys == [Self.key] && mirror.take == ["app-*"])
    #expect(mirror.labels == ["channel": "stable"] && mirror.keep == 3 && mirror.pin == ["app-1.0", "app-1.1"])
    #expect([mirror.grace, mirror.every, mirror.maximumAge].map(\.description) == ["2h", "1m", "1d"])
    #expect(mirror.to == "/etc/granary/mirror" && mirror.isPaused && mirror.place == "n.yaml:12:5")
    let other = try #require(settings.mirror.last)
    #expect(other.keys.isEmpty && other.keep == nil && other.to == nil && !other.isPaused && other.pin.isEmpty)
    #expect([other.grace, other.every, other.maximumAge].map(\.description) == ["1d", "5m", "2d"])
    let disk = try #require(settings.disk)
    #expect(disk.max.description == "500 GiB" && disk.high.value == 80 && disk.low.value == 70 && disk.keep == 2)
    let short = try #require(try load(Self.listen + "disk: { max: 1 GiB }").disk)
    #expect(short.high.value == 95 && short.low.value == 90 && short.keep == 1)
    #expect(try load(Self.listen + "disk: { max: 1 GiB, high: 50% }").disk?.low.value == 50)
  }

  @Test("A catalogue beyond loopback makes a node that listens beyond it")
  func beyond() throws {
    #expect(try load(Self.listen + "catalogue: { listen: [{ address: \"0.0.0.0:6970\" }], key: k }").listensBeyondLoopback)
  }

  @Test(
    "What is wrong is told where it stands",
    arguments: [
      ("catalogue: { key: k }", "n.yaml:3:12: catalogue: the key 'listen' is missing"),
      ("catalogue: { listen: [] }", "n.yaml:3:12: catalogue: the key 'key' is missing"),
      (
        "catalogue: { key: k, listen: [{ address: \"127.0.0.1:7\", tls: fleet }] }",
        "n.yaml:3:62: catalogue.listen[0].tls: there is no entry 'fleet' under tls; there are none"
      ),
      (
        "catalogue: { key: k, listen: [{ address: \"127.0.0.1:7\" }, { address: \"127.0.0.1:7\" }] }",
        "n.yaml:3:59: catalogue.listen[1]: 127.0.0.1:7 stands here a second time"
      ),
      ("mirror: [{ catalogue: \"http://a/c\", take: a }]", "n.yaml:3:10: mirror[0]: write the keys that may sign it"),
      (
        "mirror: [{ catalogue: \"http://a/c\", take: a, unsigned: true, keys: [\"\(key)\"] }]",
        "n.yaml:3:10: mirror[0]: 'keys' and 'unsigned: true' contradict each other"
      ),
      ("mirror: [{ catalogue: \"http://a/c\", take: a, keys: [abc] }]", "n.yaml:3:53: mirror[0].keys[0]: expected a public key of 64"),
      ("mirror: [{ catalogue: \"ftp://a/c\", take: a, unsigned: true }]", "n.yaml:3:23: mirror[0].catalogue: expected a catalogue's URL"),
      (
        "mirror: [{ catalogue: \"http://u:p@a/c\", take: a, unsigned: true }]",
        "n.yaml:3:23: mirror[0].catalogue: expected a catalogue's URL"
      ),
      ("mirror: [{ catalogue: \"http://a/c\", unsigned: true }]", "n.yaml:3:10: mirror[0]: the key 'take' is missing"),
      ("mirror: [{ catalogue: \"http://a/c\", take: a, unsigned: true, keep: 0 }]", "n.yaml:3:68: mirror[0].keep: expected 1 to 100000"),
      (
        "mirror: [{ catalogue: \"http://a/c\", take: a, unsigned: true }, { catalogue: \"http://a/c\", take: b, unsigned: true, every: 1h }]",
        "n.yaml:3:64: mirror[1]: the catalogue stands at n.yaml:3:10 already"
      ),
      ("disk: { high: 5% }", "n.yaml:3:7: disk: the key 'max' is missing"),
      ("disk: { max: 1 GiB, high: 0.9 }", "n.yaml:3:27: disk.high: expected a share such as 95%, found '0.9'; a share ends in %"),
      (
        "disk: { max: 1 GiB, high: 101% }",
        "n.yaml:3:27: disk.high: expected a share such as 95%, found '101%'; a whole number from 1 to 100"
      ),
      ("disk: { max: 1 GiB, high: 80%, low: 81% }", "n.yaml:3:7: disk: low is 81%, more than high, 80%"),
    ])
  func wrong(text: String, problem: String) throws {
    let errors = #expect(throws: SettingsErrors.self) { try load(Self.listen + text) }
    #expect(errors?.lines.contains { $0.description.hasPrefix(problem) } == true, "\(errors?.lines.map(\.description) ?? [])")
  }

  @Test("A password in a URL is not repeated")
  func password() throws {
    let errors = #expect(throws: SettingsErrors.self) {
      try load(Self.listen + "mirror: [{ catalogue: \"http://u:secret@a/c\", take: a, unsigned: true }]")
    }
    #expect(errors?.lines.contains { $0.description.contains("secret") } == false)
  }

  @Test("Plain HTTP is no link of a node that never speaks plain, and what is fetched needs a folder")
  func links() throws {
    let tls = "listen: [{ address: \"127.0.0.1:1\", tls: fleet }]\nlinks: tls\ntls: { fleet: { certificate: c, key: k, trust: t } }\n"
    let plain = #expect(throws: SettingsErrors.self) {
      try load(tls + "catalogue: { key: k, listen: [{ address: \"127.0.0.1:7\" }] }")
    }
    #expect(plain?.lines.first?.description.contains("a plain listener, but 'links: tls' says") == true)
    let homeless = #expect(throws: SettingsErrors.self) {
      try load("listen: [{ address: \"127.0.0.1:1\" }]\nmirror: [{ catalogue: \"http://a/c\", take: a, unsigned: true }]")
    }
    #expect(homeless?.lines.first?.description.contains("there is no folder for what is fetched") == true)
  }
}
