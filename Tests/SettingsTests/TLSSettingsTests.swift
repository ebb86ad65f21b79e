import PluginKit
import Settings
import Testing

struct TLSSettingsTests {
  private static let listen = "listen: [{ address: \"127.0.0.1:6881\" }]\n"
  private static let files = "certificate: c.pem, key: c.key, trust: ca.pem"
  private static let fleet = "tls: { fleet: { \(files) } }\n"

  @Test("What the file says of TLS is taken")
  func everything() throws {
    let settings = try load(
      """
      links: any
      listen:
        - address: 127.0.0.1:1
        - { address: "127.0.0.1:2", tls: fleet }
        - { address: "127.0.0.1:3", tls: ssl-torrent }
      tls:
        fleet: { certificate: pki/node.pem, key: /etc/node.key, trust: pki/ca.pem, revoked: pki/revoked.pem, minimum: "1.2" }
        edge-2:
          certificate: e.pem
          key: e.key
          trust: ca.pem
        ssl-torrent:
          - { artifacts: ["tools-*", "label:channel=stable"], certificate: t.pem, key: t.key, minimum: 1.2 }
          - { artifacts: ["*"], certificate: u.pem, key: u.key }
      peers:
        - { address: "10.0.0.1:1", tls: edge-2 }
        - { address: "10.0.0.2:1", tls: off }
        - 10.0.0.3:1
      """)
    #expect(settings.links == .any)
    #expect(settings.listen.map(\.security) == [.plain, .entry("fleet"), .sslTorrents])
    #expect(settings.tls.entries.map(\.name) == ["fleet", "edge-2"])
    #expect(settings.tls.entries.map(\.place) == ["n.yaml:7:3", "n.yaml:8:3"])
    let fleet = try #require(settings.tls.entries.first)
    #expect(fleet.credentials.certificate == TLSSettings.File(path: "/etc/granary/pki/node.pem", place: "n.yaml:7:25"))
    #expect(fleet.credentials.key == TLSSettings.File(path: "/etc/node.key", place: "n.yaml:7:44"))
    #expect([fleet.trust.path, fleet.revoked?.path] == ["/etc/granary/pki/ca.pem", "/etc/granary/pki/revoked.pem"])
    #expect(settings.tls.entries.map(\.minimum) == [.tls12, .tls13])
    #expect(settings.tls.sslTorrents.map(\.artifacts) == [["tools-*", "label:channel=stable"], ["*"]])
    #expect(settings.tls.sslTorrents.map(\.minimum) == [.tls12, .tls13])
    #expect(settings.tls.sslTorrents.map(\.credentials.key.path) == ["/etc/granary/t.key", "/etc/granary/u.key"])
    #expect(settings.peers.map(\.security) == [.entry("edge-2"), .plain, .plain])
    #expect(settings.dialing == .plain)
    #expect(settings.warnings.isEmpty)
  }

  @Test("Where nothing may be plain, peers are dialed with the only entry")
  func onlyTLS() throws {
    let yaml = "links: tls\nlisten: [{ address: \"127.0.0.1:1\", tls: fleet }]\npeers: [10.0.0.1:1]\n"
    let settings = try load(yaml + Self.fleet)
    #expect(settings.links == .tls)
    #expect(settings.peers.map(\.security) == [.entry("fleet")])
    #expect(settings.dialing == .entry("fleet"))
    let torrents = try load("links: tls\nlisten: [{ address: \"127.0.0.1:1\", tls: ssl-torrent }]\npeers: [10.0.0.1:1]\n")
    #expect(torrents.peers.map(\.security) == [.never])
    #expect(torrents.dialing == .never)
  }

  @Test(
    "Every mistake in tls is told where it stands",
    arguments: [
      ("tls: [a]", "2:6: tls: expected a mapping, found a list"),
      ("tls: { fleet: }", "2:15: tls.fleet: expected a mapping, found nothing"),
      ("tls: { fleet: [a] }", "2:15: tls.fleet: expected a mapping, found a list"),
      ("tls: { Fleet: { \(files) } }", "2:8: tls.Fleet: 'Fleet' is no name for an entry: write 1 to 64 of a-z, 0-9 and -"),
      ("tls: { \"a/b\": { \(files) } }", "2:8: tls.a/b: 'a/b' is no name for an entry: write 1 to 64 of a-z, 0-9 and -"),
      ("tls: { plain: { \(files) } }", "2:8: tls.plain: 'plain' means something else here: choose another name"),
      ("tls: { off: { \(files) } }", "2:8: tls.off: 'off' means something else here: choose another name"),
      ("tls: { torrent: { \(files) } }", "2:8: tls.torrent: 'torrent' means something else here: choose another name"),
      ("tls: { torrent-9: { \(files) } }", "2:8: tls.torrent-9: 'torrent-9' means something else here: choose another name"),
      ("tls: { ssl-torrents: { \(files) } }", "2:8: tls.ssl-torrents: 'ssl-torrents' means something else here: choose another name"),
      ("tls: { fleet: { key: k, trust: t } }", "2:8: tls.fleet: the key 'certificate' is missing"),
      ("tls: { fleet: { certificate: c, trust: t } }", "2:8: tls.fleet: the key 'key' is missing"),
      ("tls: { fleet: { certificate: c, key: k } }", "2:8: tls.fleet: the key 'trust' is missing"),
      ("tls: { fleet: { certificate: c, key: k, trust: } }", "2:8: tls.fleet: the key 'trust' is missing"),
      (
        "tls: { fleet: { \(files), crl: r } }",
        "2:64: tls.fleet: unknown key 'crl'; keys here are certificate, key, minimum, revoked, trust"
      ),
      (
        "tls: { fleet: { \(files), revoked: ~/r } }",
        "2:73: tls.fleet.revoked: expected a path, found '~/r'; ~ is not expanded, write the path out"
      ),
      (
        "tls: { fleet: { \(files), minimum: 1.1 } }",
        "2:73: tls.fleet.minimum: expected \"1.3\" or \"1.2\", found '1.1'; older versions of TLS are not spoken"
      ),
      ("tls: { ssl-torrent: {} }", "2:21: tls.ssl-torrent: expected a list, found a mapping"),
      ("tls: { ssl-torrent: [{ certificate: c, key: k }] }", "2:22: tls.ssl-torrent[0]: the key 'artifacts' is missing"),
      (
        "tls: { ssl-torrent: [{ artifacts: [\"label:x\"], certificate: c, key: k }] }",
        "2:36: tls.ssl-torrent[0].artifacts[0]: expected an artifact's name, a pattern such as release-*, an info-hash, or label:KEY=VALUE, found 'label:x'; a label is written label:KEY=VALUE"
      ),
      (
        "tls: { ssl-torrent: [{ artifacts: [a], certificate: c, key: k, trust: t }] }",
        "2:64: tls.ssl-torrent[0]: unknown key 'trust'; keys here are artifacts, certificate, key, minimum"
      ),
      ("links: plain", "2:8: links: expected one of any, tls, found 'plain'"),
      (
        "peers: [{ address: \"10.0.0.1:1\", tls: flet }]\n\(fleet)",
        "2:39: peers[0].tls: there is no entry 'flet' under tls; did you mean 'fleet'?"
      ),
      ("peers: [{ address: \"10.0.0.1:1\", tls: true }]", "2:39: peers[0].tls: expected the name of an entry under tls, found true"),
      (
        "peers: [{ address: \"10.0.0.1:1\", tls: ssl-torrent }]",
        "2:39: peers[0].tls: SSL torrents are dialed as such by themselves: leave this out, or name an entry"
      ),
    ])
  func mistakes(yaml: String, line: String) {
    #expect(problems(Self.listen + yaml + "\n") == ["n.yaml:" + line])
  }

  @Test("Mistakes between sections are told all at once, in the file's order")
  func mistakesBetween() {
    let yaml = """
      links: tls
      listen:
        - { address: "127.0.0.1:1", tls: flet }
        - address: 127.0.0.1:2
        - { address: "127.0.0.1:3", tls: off }
      tls:
        fleet: { certificate: [c] }
        other: { \(Self.files) }
        ssl-torrent: [{ artifacts: [] }]
      peers:
        - 10.0.0.1:1
        - { address: "10.0.0.2:1", tls: off }
      """
    #expect(
      problems(yaml) == [
        "n.yaml:3:36: listen[0].tls: there is no entry 'flet' under tls; did you mean 'fleet'?",
        "n.yaml:4:5: listen[1]: a plain listener, but 'links: tls' says that this node never speaks plain: name an entry with tls",
        "n.yaml:5:36: listen[2].tls: there is no entry 'off' under tls; there are fleet, other",
        "n.yaml:7:3: tls.fleet: the key 'key' is missing",
        "n.yaml:7:3: tls.fleet: the key 'trust' is missing",
        "n.yaml:7:25: tls.fleet.certificate: expected a path, found a list",
        "n.yaml:9:17: tls.ssl-torrent[0]: the key 'certificate' is missing",
        "n.yaml:9:17: tls.ssl-torrent[0]: the key 'key' is missing",
        "n.yaml:11:5: peers[0]: there are several entries under tls, and 'links: tls': name the one for this peer with tls",
        "n.yaml:12:35: peers[1].tls: 'links: tls' says that this node never speaks plain",
      ])
  }

  @Test("What serves no SSL torrent, or announces none, is a warning")
  func warnings() throws {
    #expect(
      try load("listen: [{ address: \"127.0.0.1:1\", tls: ssl-torrent }]").warnings.map(\.description) == [
        "n.yaml:1:41: listen[0].tls: there is no certificate under tls.ssl-torrent: no SSL torrent can be served"
      ])
    #expect(
      try load(Self.listen + "tls: { ssl-torrent: [{ artifacts: [\"*\"], certificate: c, key: k }] }").warnings.map(\.description) == [
        "n.yaml:2:22: tls.ssl-torrent[0]: no listener has 'tls: ssl-torrent': SSL torrents are dialed, but not announced"
      ])
    let several = "links: tls\nlisten: [{ address: \"127.0.0.1:1\", tls: a }]\ntls: { a: { \(Self.files) }, b: { \(Self.files) } }\n"
    #expect(
      try load(several).warnings.map(\.description) == [
        "n.yaml:3:8: tls.a: with several entries and 'links: tls', peers that only trackers name are dialed for SSL torrents alone"
      ])
  }

  @Test("A moved line changes nothing")
  func movedLines() throws {
    let yaml = "tls: { fleet: { \(Self.files) }, ssl-torrent: [{ artifacts: [\"*\"], certificate: c, key: k }] }\n"
    let (one, other) = (try load(Self.listen + yaml), try load("# a comment\n" + Self.listen + yaml))
    #expect(one.tls != other.tls)
    #expect(one.tls.withoutPlaces == other.tls.withoutPlaces)
  }
}
