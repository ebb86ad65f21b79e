import PluginKit
import Settings
import Testing

struct TrackerSettingsTests {
  private static let listen = "listen: [{ address: \"127.0.0.1:1\" }]\n"
  private static let tls = "tls: { fleet: { certificate: c, key: k, trust: t } }\n"

  @Test("Nothing said is no tracker, and no zones")
  func nothing() throws {
    let settings = try load(Self.listen)
    #expect(settings.tracker == nil && settings.zones.isEmpty)
  }

  @Test("Every key is taken, and what is left out has its default")
  func all() throws {
    let text = """
      tracker:
        listen: [{ address: "127.0.0.1:6969", protocol: http }, { address: "127.0.0.1:6969", protocol: udp }]
        interval: 10m
        keys: keys/announce.txt
        max-peers: 5
        outside-per-zone: 2
        outside-for: 1m
      zones: { a: [10.0.0.0/8, "fd00::/8"], b: [] }
      """
    let settings = try load(Self.listen + text)
    let tracker = try #require(settings.tracker)
    #expect(tracker.listen.map(\.speaks) == [.http, .udp] && tracker.listen.map(\.address.port) == [6969, 6969])
    #expect(tracker.interval.description == "10m" && tracker.outsideFor.description == "1m")
    #expect(tracker.keys == "/etc/granary/keys/announce.txt" && tracker.maximumPeers == 5 && tracker.outsidePerZone == 2)
    #expect(settings.zones.map(\.name) == ["a", "b"] && settings.zones[0].networks.map(\.description) == ["10.0.0.0/8", "fd00::/8"])
    let short = try #require(try load(Self.listen + "tracker: { listen: [{ address: \"127.0.0.1:6969\", protocol: udp }] }").tracker)
    #expect(short.interval.description == "30m" && short.maximumPeers == 100_000 && short.keys == nil && short.outsidePerZone == nil)
  }

  @Test("A tracker beyond loopback makes a node that listens beyond it")
  func beyond() throws {
    #expect(try !load(Self.listen).listensBeyondLoopback)
    #expect(try load(Self.listen + "tracker: { listen: [{ address: \"0.0.0.0:6969\", protocol: udp }] }").listensBeyondLoopback)
  }

  @Test(
    "What is wrong is told where it stands",
    arguments: [
      ("tracker: { interval: 10m }", "n.yaml:2:10: tracker: the key 'listen' is missing"),
      ("tracker: { listen: [{ address: \"127.0.0.1:1\" }] }", "n.yaml:2:21: tracker.listen[0]: the key 'protocol' is missing"),
      (
        "tracker: { listen: [{ address: \"127.0.0.1:1\", protocol: https }] }",
        "n.yaml:2:57: tracker.listen[0].protocol: expected http or udp, found 'https'; write http, and tls with the entry that it speaks with"
      ),
      (
        "tracker: { listen: [{ address: \"127.0.0.1:1\", protocol: http, tls: fleet }] }",
        "n.yaml:2:68: tracker.listen[0].tls: there is no entry 'fleet' under tls; there are none"
      ),
      (
        "tracker: { listen: [{ address: \"127.0.0.1:1\", protocol: udp, tls: fleet }] }\n\(Self.tls)",
        "n.yaml:2:21: tracker.listen[0]: UDP knows no TLS"
      ),
      (
        "tracker: { listen: [{ address: \"127.0.0.1:7\", protocol: http }, { address: \"127.0.0.1:7\", protocol: http }] }",
        "n.yaml:2:65: tracker.listen[1]: http 127.0.0.1:7 stands here a second time"
      ),
      ("zones: { a: [10.0.0.1/8] }", "n.yaml:2:14: zones.a[0]: expected a network such as 10.20.0.0/16, found '10.0.0.1/8'"),
    ])
  func problem(_ text: String, _ expected: String) {
    let found = problems(Self.listen + text + "\n")
    #expect(found.count == 1 && found.first?.hasPrefix(expected) == true, "\(found)")
  }

  @Test("A node that never speaks plain has no plain tracker")
  func plain() {
    let text = "links: tls\ntracker: { listen: [{ address: \"127.0.0.1:7\", protocol: udp }] }\n"
    #expect(problems(Self.listen + text).contains { $0.contains("tracker.listen[0]: a plain listener, but 'links: tls'") })
    let secure = "links: tls\ntracker: { listen: [{ address: \"127.0.0.1:7\", protocol: http, tls: fleet }] }\n" + Self.tls
    #expect(!problems(Self.listen + secure).contains { $0.contains("tracker") })
  }

  @Test("A tracker over HTTPS has an entry of tls")
  func secure() throws {
    let text = "tracker: { listen: [{ address: \"127.0.0.1:7\", protocol: http, tls: fleet }] }\n" + Self.tls
    #expect(try load(Self.listen + text).tracker?.listen.map(\.tls) == ["fleet"])
  }
}
