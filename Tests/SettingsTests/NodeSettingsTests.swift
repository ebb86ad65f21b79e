import PluginKit
import Settings
import Testing

struct NodeSettingsTests {
  private static let listen = "listen: [{ address: \"127.0.0.1:6881\" }]\n"

  @Test("What the file does not say has its default")
  func defaults() throws {
    let settings = try load(Self.listen, environment: SettingsEnvironment(hostName: "depot-01"))
    #expect(settings.node.name == "depot-01")
    #expect(settings.node.state == "/etc/granary/state")
    #expect(settings.folder == "/etc/granary")
    #expect(settings.listen.map(\.address.description) == ["127.0.0.1:6881"])
    #expect(settings.listen.map(\.place) == ["n.yaml:1:21"])
    #expect(settings.artifacts.roots.isEmpty)
    #expect(settings.limits == Limits())
    #expect(settings.limits.upload == nil)
    #expect(settings.limits.uploadSlots == .auto)
    #expect(settings.superSeeding == .off)
    #expect(settings.limits.eventLoops == nil)
    #expect(settings.trackers.isEmpty && settings.peers.isEmpty && settings.origins.isEmpty && settings.pipeline.isEmpty)
    #expect(settings.links == .any && settings.tls == TLSSettings() && settings.dialing == .plain)
    #expect(!settings.isOpen)
    #expect(!settings.listensBeyondLoopback)
    #expect(settings.warnings.isEmpty)
  }

  @Test("What the file says is taken")
  func everything() throws {
    let settings = try load(
      """
      node: { name: depot 7, state: ./var/../state }
      listen:
        - address: 0.0.0.0:0
        - address: "[::1]:6891"
      artifacts:
        roots: [/srv//a/, ./b, c/./d, ../e]
      limits:
        upload: 1 GiB/s
        connections: 9
        per-address: 8
        handshakes: 7
        handshake-timeout: 6s
        upload-slots: 5
        request-queue: 4
        idle-timeout: 30s
        open-files: 20
        event-loops: 1
        download: 5 MiB/s
        upload-per-artifact: 3 MiB/s
        upload-per-principal: 2 MiB/s
        per-principal: 3
        journal-rows: 5000
      trackers: ["http://tracker.corp:6969/announce", "udp://[fd00::1]:6969", "https://t.corp/x?key=1"]
      peers:
        - 10.0.0.2:6881
        - { address: "[fd00::2]:1", artifacts: ["release-*"] }
        - address: 10.0.0.3:1
          artifacts: []
      origins: [Tracker.Corp, 10.0.0.1, "[FD00::1]", "fd00:0::2"]
      pipeline: [allowlist, { gate: { on_request: [] } }, metadata]
      open: true
      """)
    #expect(settings.node.name == "depot 7")
    #expect(settings.node.state == "/etc/granary/var/../state")
    #expect(settings.listen.map(\.address.description) == ["0.0.0.0:0", "[::1]:6891"])
    #expect(settings.artifacts.roots == ["/srv/a", "/etc/granary/b", "/etc/granary/c/d", "/etc/granary/../e"])
    var limits = Limits()
    limits.upload = ByteRate(bytesPerSecond: 1 << 30)
    (limits.connections, limits.perAddress, limits.handshakes, limits.uploadSlots) = (9, 8, 7, .fixed(5))
    (limits.requestQueue, limits.openFiles, limits.eventLoops) = (4, 20, 1)
    limits.download = ByteRate(bytesPerSecond: 5 << 20)
    (limits.uploadPerArtifact, limits.uploadPerPrincipal) = (ByteRate(bytesPerSecond: 3 << 20), ByteRate(bytesPerSecond: 2 << 20))
    (limits.perPrincipal, limits.journalRows) = (3, 5000)
    (limits.handshakeTimeout, limits.idleTimeout) = (TimeSpan(milliseconds: 6000), TimeSpan(milliseconds: 30_000))
    #expect(settings.limits == limits)
    #expect(settings.trackers == ["http://tracker.corp:6969/announce", "udp://[fd00::1]:6969", "https://t.corp/x?key=1"])
    #expect(settings.peers.map(\.address.description) == ["10.0.0.2:6881", "[fd00::2]:1", "10.0.0.3:1"])
    #expect(settings.peers.map(\.artifacts) == [nil, ["release-*"], []])
    #expect(settings.peers.map(\.place) == ["n.yaml:25:5", "n.yaml:26:16", "n.yaml:27:14"])
    #expect(settings.origins == ["tracker.corp", "10.0.0.1", "fd00::1", "fd00::2"])
    #expect(settings.pipeline.map(\.name) == ["allowlist", "gate", "metadata"])
    #expect(settings.isOpen)
    #expect(settings.listensBeyondLoopback)
  }

  @Test("unlimited and cores may be written out")
  func words() throws {
    let settings = try load(Self.listen + "limits: { upload: unlimited, upload-slots: auto, event-loops: cores }\n")
    #expect(settings.limits == Limits())
    #expect(try load(Self.listen + "limits: { upload-slots: unlimited }\n").limits.uploadSlots == .unlimited)
  }

  @Test("Super-seeding is off, for every artifact, or for some")
  func superSeeding() throws {
    #expect(try load(Self.listen + "super-seeding: off\n").superSeeding == .off)
    #expect(try load(Self.listen + "super-seeding: auto\n").superSeeding == .auto)
    #expect(try load(Self.listen + "super-seeding: [\"release-*\", app]\n").superSeeding == .artifacts(["release-*", "app"]))
  }

  @Test(
    "A node that listens nowhere is told what to write",
    arguments: [("", "1:1"), ("open: true\n", "1:1"), ("listen:\n", "1:8"), ("listen: []\n", "1:9")])
  func noListener(yaml: String, place: String) {
    #expect(problems(yaml) == ["n.yaml:\(place): listen: the node listens nowhere; write: listen: [{ address: \"127.0.0.1:6881\" }]"])
  }

  @Test(
    "Loopback is loopback in every form",
    arguments: [
      ("127.0.0.1:1", false), ("127.9.9.9:1", false), ("\"[::1]:1\"", false), ("\"[::ffff:127.0.0.1]:1\"", false), ("0.0.0.0:1", true),
      ("\"[::]:1\"", true), ("10.0.0.1:1", true),
    ])
  func loopback(address: String, isBeyond: Bool) throws {
    #expect(try load("listen: [{ address: \(address) }]").listensBeyondLoopback == isBeyond)
  }

  @Test(
    "Every bad value is told where it stands",
    arguments: [
      ("nodes: {}", "2:1: unknown key 'nodes'; did you mean 'node'?"),
      ("node: { nam: x }", "2:9: node: unknown key 'nam'; did you mean 'name'?"),
      ("node: [a]", "2:7: node: expected a mapping, found a list"),
      ("node: { name: \"\" }", "2:15: node.name: expected a name of 1 to 253 bytes on one line, found ''"),
      ("node: { name: \"a\\nb\" }", "2:15: node.name: expected a name of 1 to 253 bytes on one line, found 'a\\nb'"),
      ("node: { state: \"\" }", "2:16: node.state: expected a path, found ''; an empty path names nothing"),
      ("node: { state: ~/state }", "2:16: node.state: expected a path, found '~/state'; ~ is not expanded, write the path out"),
      (
        "artifacts: { roots: [\"${HOME}/a\"] }",
        "2:22: artifacts.roots[0]: expected a path, found '${HOME}/a'; variables are not expanded, write the path out"
      ),
      ("artifacts: { roots: /srv }", "2:21: artifacts.roots: expected a list, found '/srv'"),
      ("limits: { connections: 0 }", "2:24: limits.connections: expected 1 to 1000000, found 0"),
      ("limits: { request-queue: 10001 }", "2:26: limits.request-queue: expected 1 to 10000, found 10001"),
      ("limits: { handshake-timeout: 1ms }", "2:30: limits.handshake-timeout: expected 1s to 10m, found 1ms"),
      ("limits: { idle-timeout: 2d }", "2:25: limits.idle-timeout: expected 10s to 1d, found 2d"),
      ("limits: { upload-slots: 0 }", "2:25: limits.upload-slots: expected 1 to 1000000, found 0; or write unlimited; or write auto"),
      ("super-seeding: on", "2:16: super-seeding: expected off, auto or a list of artifacts, found 'on'"),
      ("super-seeding: true", "2:16: super-seeding: expected off, auto or a list of artifacts, found true"),
      ("super-seeding: { a: b }", "2:16: super-seeding: expected a list, found a mapping"),
      ("limits: { event-loops: many }", "2:24: limits.event-loops: expected a whole number, found 'many'; or write cores"),
      (
        "limits: { upload: fast }",
        "2:19: limits.upload: expected a rate such as 100 MiB/s, found 'fast'; a rate ends in /s; or write unlimited"
      ),
      ("limits: { per-principal: 0 }", "2:26: limits.per-principal: expected 1 to 1000000, found 0"),
      ("limits: { journal-rows: 999 }", "2:25: limits.journal-rows: expected 1000 to 100000000, found 999"),
      (
        "limits: { upload-per-artifact: 1 KiB/s }",
        "2:32: limits.upload-per-artifact: expected a rate such as 100 MiB/s, found '1 KiB/s'; the least is 16 KiB/s, one block a second; or write unlimited"
      ),
      ("limits: { per_address: 1 }", "2:11: limits: unknown key 'per_address'; did you mean 'per-address'?"),
      ("open: yes", "2:7: open: expected true or false, found 'yes'; write true"),
      ("pipeline: { gate: {} }", "2:11: pipeline: expected a list, found a mapping"),
      ("pipeline: [5]", "2:12: pipeline[0]: expected a plugin's name, or a mapping of one name to its settings, found the number 5"),
      ("pipeline: [~]", "2:12: pipeline[0]: expected a plugin's name, or a mapping of one name to its settings, found nothing"),
      ("pipeline: [[gate]]", "2:12: pipeline[0]: expected a plugin's name, or a mapping of one name to its settings, found a list"),
      ("pipeline: [{}]", "2:12: pipeline[0]: expected a plugin's name, found an empty mapping"),
      (
        "pipeline:\n  - gate:\n    on_request: []",
        "4:5: pipeline[0]: two keys in one entry, 'gate' and 'on_request': indent the settings of 'gate' further, or begin another entry with a dash"
      ),
      ("pipeline:\n  - on-error: skip", "3:5: pipeline[0]: expected a plugin's name, found 'on-error', which stands beside one"),
      ("pipeline:\n  - gate:\n    on-error: ignore", "4:15: pipeline[0].on-error: expected one of deny, allow, skip, found 'ignore'"),
      ("pipeline:\n  - gate:\n    mode: trial", "4:11: pipeline[0].mode: expected one of enforce, shadow, found 'trial'"),
      (
        "pipeline:\n  - gate:\n    on-error: skip\n    metadata:",
        "5:5: pipeline[0]: two keys in one entry, 'gate' and 'metadata': indent the settings of 'gate' further, or begin another entry with a dash"
      ),
      (
        "pipeline:\n  - gate:\n    budget: { faults: many }",
        "4:23: pipeline[0].budget.faults: expected faults in a time such as 10/1m, found 'many'"
      ),
      (
        "pipeline:\n  - gate:\n    budget: { faults: 0/1m }",
        "4:23: pipeline[0].budget.faults: expected faults in a time such as 10/1m, found '0/1m'; there may be 1 to 10000"
      ),
      (
        "pipeline:\n  - gate:\n    budget: { faults: 5/1ms }",
        "4:23: pipeline[0].budget.faults: expected faults in a time such as 10/1m, found '5/1ms'; the time is 1s to 1d"
      ),
      ("pipeline:\n  - gate:\n    budget: { time: 2s }", "4:21: pipeline[0].budget.time: expected 1ms to 1s, found 2s"),
      ("pipeline:\n  - gate:\n    budget: { lat: 1s }", "4:15: pipeline[0].budget: unknown key 'lat'; did you mean 'late'?"),
      ("node: { watchdog: 100ms }", "2:19: node.watchdog: expected 1s to 10m, found 100ms; or write off"),
    ])
  func badValues(yaml: String, line: String) {
    #expect(problems(Self.listen + yaml + "\n") == ["n.yaml:" + line])
  }

  @Test(
    "Every bad address, URL and host is told with what to write",
    arguments: [
      (
        "peers: [10.0.0.1]",
        "9: peers[0]: expected ADDRESS:PORT such as 10.0.0.2:6881 or \"[fd00::2]:6881\", found '10.0.0.1'; the port is missing: 10.0.0.1:6881"
      ),
      (
        "peers: [\"fd00::1\"]",
        "9: peers[0]: expected ADDRESS:PORT such as 10.0.0.2:6881 or \"[fd00::2]:6881\", found 'fd00::1'; the port is missing: [fd00::1]:6881"
      ),
      (
        "peers: [depot:6881]",
        "9: peers[0]: expected ADDRESS:PORT such as 10.0.0.2:6881 or \"[fd00::2]:6881\", found 'depot:6881'; names are not resolved here, write the address"
      ),
      (
        "peers: [10.0.0.1:70000]",
        "9: peers[0]: expected ADDRESS:PORT such as 10.0.0.2:6881 or \"[fd00::2]:6881\", found '10.0.0.1:70000'; a port is a number from 0 to 65535"
      ),
      (
        "peers: [10.0.0.1:+1]",
        "9: peers[0]: expected ADDRESS:PORT such as 10.0.0.2:6881 or \"[fd00::2]:6881\", found '10.0.0.1:+1'; a port is a number from 0 to 65535"
      ),
      (
        "peers: [\":6881\"]",
        "9: peers[0]: expected ADDRESS:PORT such as 10.0.0.2:6881 or \"[fd00::2]:6881\", found ':6881'; for every address write 0.0.0.0:6881 or \"[::]:6881\""
      ),
      (
        "peers: [\"[fe80::1%eth0]:1\"]",
        "9: peers[0]: expected ADDRESS:PORT such as 10.0.0.2:6881 or \"[fd00::2]:6881\", found '[fe80::1%eth0]:1'; an address with a zone is not supported"
      ),
      ("peers: [10.0.0.1:0]", "9: peers[0]: a peer to dial needs a port other than 0"),
      ("peers: [{ artifacts: [] }]", "9: peers[0]: the key 'address' is missing"),
      ("peers: [[a]]", "9: peers[0]: expected a mapping, found a list"),
      (
        "trackers: [tracker.corp]",
        "12: trackers[0]: expected an announce URL such as http://tracker.corp:6969/announce, found 'tracker.corp'"
      ),
      (
        "trackers: [\"ws://a/b\"]",
        "12: trackers[0]: expected an announce URL such as http://tracker.corp:6969/announce, found 'ws://a/b'; known are http, https and udp"
      ),
      (
        "trackers: [\"http:///a\"]",
        "12: trackers[0]: expected an announce URL such as http://tracker.corp:6969/announce, found 'http:///a'; the host is missing or not one"
      ),
      (
        "trackers: [\"udp://a/b\"]",
        "12: trackers[0]: expected an announce URL such as http://tracker.corp:6969/announce, found 'udp://a/b'; a UDP tracker needs a port"
      ),
      (
        "trackers: [\"http://a:0/\"]",
        "12: trackers[0]: expected an announce URL such as http://tracker.corp:6969/announce, found 'http://a:0/'; a port is a number from 1 to 65535"
      ),
      (
        "trackers: [\"http://u:secret@a/\"]",
        "12: trackers[0]: expected an announce URL such as http://tracker.corp:6969/announce, found 'http://…'; a URL with a password would be published"
      ),
      (
        "trackers: [\"http://a/ b\"]",
        "12: trackers[0]: expected an announce URL such as http://tracker.corp:6969/announce, found 'http://a/ b'; spaces and letters beyond ASCII must be percent-encoded"
      ),
      (
        "origins: [\"http://a\"]",
        "11: origins[0]: expected a host such as tracker.corp, found 'http://a'; write the host alone, without scheme and path"
      ),
      ("origins: [\"a:80\"]", "11: origins[0]: expected a host such as tracker.corp, found 'a:80'; write the host alone, without the port"),
      ("origins: [\"*.corp\"]", "11: origins[0]: expected a host such as tracker.corp, found '*.corp'; patterns are not supported here"),
      ("origins: [-a]", "11: origins[0]: expected a host such as tracker.corp, found '-a'"),
      ("origins: [\"[10.0.0.1]\"]", "11: origins[0]: expected a host such as tracker.corp, found '[10.0.0.1]'"),
    ])
  func badPlaces(yaml: String, line: String) {
    #expect(problems(Self.listen + yaml + "\n") == ["n.yaml:2:" + line])
  }

  @Test("A listener without its entry of TLS, without an address, or in a short form is refused where it stands")
  func listeners() {
    #expect(
      problems("listen:\n  - address: 127.0.0.1:1\n    tls: fleet\n  - {}\n  - 127.0.0.1:2\n  - address: 127.0.0.1\n") == [
        "n.yaml:3:10: listen[0].tls: there is no entry 'fleet' under tls; there are none",
        "n.yaml:4:5: listen[1]: the key 'address' is missing",
        "n.yaml:5:5: listen[2]: expected a mapping, found '127.0.0.1:2'",
        "n.yaml:6:14: listen[3].address: expected ADDRESS:PORT such as 10.0.0.2:6881 or \"[fd00::2]:6881\", found '127.0.0.1'; the port is missing: 127.0.0.1:6881",
      ])
  }

  @Test("An address that stands twice is told with both places; port 0 may stand twice")
  func repeatedAddresses() {
    #expect(
      problems(
        "listen:\n  - address: 127.0.0.1:1\n  - address: 127.0.0.1:0\n  - address: 127.0.0.1:0\n  - address: \"[::ffff:127.0.0.1]:1\"\n")
        == [
          "n.yaml:5:14: listen: 127.0.0.1:1 stands here a second time; the first is at n.yaml:2:14"
        ])
    #expect(
      problems(Self.listen + "peers: [10.0.0.1:1, 10.0.0.1:1]\n") == [
        "n.yaml:2:21: peers: 10.0.0.1:1 stands here a second time; the first is at n.yaml:2:9"
      ])
  }

  @Test("All problems of a file are told at once, in its order")
  func allProblems() {
    let yaml = """
      node: { name: 5, satte: x }
      tls: { fleet: {} }
      limits:
        upload: 5 MB/s
        connections: lots
        per-address: 0
        nope: 1
      trackers: [http://a/, nonsense, gopher://x/]
      peers: [10.0.0.1:1, depot:1, { adress: 10.0.0.1:1 }]
      pipeline:
        - gate: {}
          on_request: []
        - [a]
        - metadata
      open: on
      """
    #expect(
      problems(yaml) == [
        "n.yaml:1:1: listen: the node listens nowhere; write: listen: [{ address: \"127.0.0.1:6881\" }]",
        "n.yaml:1:15: node.name: expected a text, found the number 5; for a text write \"5\"",
        "n.yaml:1:18: node: unknown key 'satte'; did you mean 'state'?",
        "n.yaml:2:8: tls.fleet: the key 'certificate' is missing",
        "n.yaml:2:8: tls.fleet: the key 'key' is missing",
        "n.yaml:2:8: tls.fleet: the key 'trust' is missing",
        "n.yaml:4:11: limits.upload: expected a rate such as 100 MiB/s, found '5 MB/s'; write MiB before /s; or write unlimited",
        "n.yaml:5:16: limits.connections: expected a whole number, found 'lots'",
        "n.yaml:6:16: limits.per-address: expected 1 to 1000000, found 0",
        "n.yaml:7:3: limits: unknown key 'nope'; keys here are connections, download, event-loops, handshake-timeout, handshakes, idle-timeout, journal-rows, locked-memory, open-files, per-address, per-principal, request-queue, upload, upload-per-artifact, upload-per-principal, upload-slots",
        "n.yaml:8:23: trackers[1]: expected an announce URL such as http://tracker.corp:6969/announce, found 'nonsense'",
        "n.yaml:8:33: trackers[2]: expected an announce URL such as http://tracker.corp:6969/announce, found 'gopher://x/'; known are http, https and udp",
        "n.yaml:9:21: peers[1]: expected ADDRESS:PORT such as 10.0.0.2:6881 or \"[fd00::2]:6881\", found 'depot:1'; names are not resolved here, write the address",
        "n.yaml:9:30: peers[2]: the key 'address' is missing",
        "n.yaml:9:32: peers[2]: unknown key 'adress'; did you mean 'address'?",
        "n.yaml:12:5: pipeline[0]: two keys in one entry, 'gate' and 'on_request': indent the settings of 'gate' further, or begin another entry with a dash",
        "n.yaml:13:5: pipeline[1]: expected a plugin's name, or a mapping of one name to its settings, found a list",
        "n.yaml:15:7: open: expected true or false, found 'on'; write true",
      ])
  }

  @Test("Of unknown keys beyond the first hundred there is only the number")
  func manyUnknownKeys() {
    let lines = problems(Self.listen + (0..<103).map { "zz\($0): 1\n" }.joined())
    #expect(lines.count == 101)
    #expect(lines.last == "n.yaml:102:1: this key and 2 more are unknown")
    #expect(problems(Self.listen + (0..<100).map { "zz\($0): 1\n" }.joined()).count == 100)
  }

  @Test("A file that is no mapping says so", arguments: [("[a]", "a list"), ("a", "'a'")])
  func notAMapping(yaml: String, found: String) {
    #expect(problems(yaml) == ["n.yaml:1:1: expected a mapping, found \(found)"])
  }

  @Test("The whole disk as a root is a warning")
  func wholeDisk() throws {
    let settings = try load(Self.listen + "artifacts: { roots: [/, /srv] }")
    #expect(settings.warnings.map(\.description) == ["n.yaml:2:22: artifacts.roots: data may be served from anywhere on this machine"])
  }
}
