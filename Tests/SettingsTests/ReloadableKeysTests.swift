import Settings
import Testing

struct ReloadableKeysTests {
  private static let base = "listen: [{ address: \"127.0.0.1:6881\" }]\n"

  /// A value for each key that is not its default.
  private static let changes: [String: String] = [
    "node.name": "node: { name: other }", "node.state": "node: { state: other }", "node.watchdog": "node: { watchdog: off }",
    "artifacts.roots": "artifacts: { roots: [/srv] }",
    "limits.upload": "limits: { upload: 1 MiB/s }", "limits.connections": "limits: { connections: 1 }",
    "limits.per-address": "limits: { per-address: 1 }", "limits.handshakes": "limits: { handshakes: 1 }",
    "limits.handshake-timeout": "limits: { handshake-timeout: 1s }", "limits.upload-slots": "limits: { upload-slots: 1 }",
    "limits.request-queue": "limits: { request-queue: 1 }", "limits.idle-timeout": "limits: { idle-timeout: 10s }",
    "limits.locked-memory": "limits: { locked-memory: 64 MiB }", "limits.open-files": "limits: { open-files: 8 }",
    "limits.event-loops": "limits: { event-loops: 1 }",
    "scrub.every": "scrub: { every: never }", "scrub.rate": "scrub: { rate: 1 MiB/s }",
    "scrub.between": "scrub: { between: [\"01:00-02:00\"] }", "scrub.patrol": "scrub: { patrol: 1 }",
    "limits.download": "limits: { download: 1 MiB/s }",
    "limits.upload-per-artifact": "limits: { upload-per-artifact: 1 MiB/s }",
    "limits.upload-per-principal": "limits: { upload-per-principal: 1 MiB/s }", "limits.per-principal": "limits: { per-principal: 1 }",
    "limits.journal-rows": "limits: { journal-rows: 1000 }",
    "super-seeding": "super-seeding: auto",
    "trackers": "trackers: [\"http://a/\"]",
    "peers": "peers: [10.0.0.1:1]", "origins": "origins: [a]", "pipeline": "pipeline: [metadata]",
    "pipeline.mode": "pipeline:\n  - metadata:\n    mode: shadow", "pipeline.on-error": "pipeline:\n  - metadata:\n    on-error: skip",
    "open": "open: true", "zones": "zones: { a: [10.0.0.0/8] }",
  ]

  private static let entry = "certificate: c, key: k, trust: t"

  /// The same for TLS.
  private static let tlsChanges: [String: String] = [
    "links": "links: tls\ntls: { fleet: { \(entry) } }", "tls.NAME.certificate": "tls: { fleet: { \(entry) } }",
    "tls.NAME.key": "tls: { fleet: { \(entry) } }", "tls.NAME.trust": "tls: { fleet: { \(entry) } }",
    "tls.NAME.revoked": "tls: { fleet: { \(entry), revoked: r } }", "tls.NAME.minimum": "tls: { fleet: { \(entry), minimum: 1.2 } }",
    "https": "https: fleet\ntls: { fleet: { \(entry) } }",
    "tls.ssl-torrent": "tls: { ssl-torrent: [{ artifacts: [\"*\"], certificate: c, key: k }] }",
  ]

  private static let tracker = "tracker: { listen: [{ address: \"127.0.0.1:7\", protocol: udp }]"

  /// The same for a node that has a tracker: what is behind `tracker: { listen: …`.
  private static let trackerChanges: [String: String] = [
    "tracker.interval": "interval: 10s", "tracker.keys": "keys: k", "tracker.max-peers": "max-peers: 1",
    "tracker.outside-per-zone": "outside-per-zone: 1", "tracker.outside-for": "outside-for: 10s",
  ]

  @Test("A changed key of the tracker is taken over; where it listens needs a restart", arguments: trackerChanges.keys.sorted())
  func ofTheTracker(path: String) throws {
    let key = try #require(ReloadableKeys.all.first { $0.path == path })
    let change = try #require(Self.trackerChanges[path])
    let (old, new) = (try load(Self.base + Self.tracker + " }\n"), try load(Self.base + Self.tracker + ", \(change) }\n"))
    #expect(key.effect == .reloads && ReloadableKeys.changesNeedingRestart(old, new).isEmpty)
    let moved = try load(Self.base + Self.tracker.replacing(":7", with: ":8") + " }\n")
    #expect(ReloadableKeys.changesNeedingRestart(old, moved) == ["tracker.listen"])
    #expect(ReloadableKeys.changesNeedingRestart(try load(Self.base), new) == ["tracker.listen"])
  }

  @Test("The table has every key of the tracker")
  func trackerKeys() {
    #expect(
      Set(ReloadableKeys.all.map(\.path).filter { $0.hasPrefix("tracker.") }) == Set(Self.trackerChanges.keys).union(["tracker.listen"]))
  }

  @Test(
    "A changed key is told exactly where it needs a restart", arguments: ReloadableKeys.all.map(\.path).filter { !$0.hasPrefix("tracker.") }
  )
  func changes(path: String) throws {
    let key = try #require(ReloadableKeys.all.first { $0.path == path })
    let change = Self.changes[path] ?? Self.tlsChanges[path]
    let listen = path == "links" ? "listen: [{ address: \"127.0.0.1:6881\", tls: fleet }]\n" : Self.base
    let changed = path == "listen" ? "listen: [{ address: \"127.0.0.1:6882\" }]\n" : listen + (try #require(change))
    let found = ReloadableKeys.changesNeedingRestart(try load(Self.base), try load(changed))
    #expect(found == (key.effect == .needsRestart ? [path] : path == "links" ? ["listen"] : []))
  }

  @Test("Nothing has changed where only lines have moved")
  func movedLines() throws {
    #expect(ReloadableKeys.changesNeedingRestart(try load(Self.base), try load("# a comment\n\n" + Self.base)).isEmpty)
  }

  @Test("Several changes are told in the table's order")
  func severalChanges() throws {
    let changed = Self.base + "limits: { event-loops: 1, upload: 1 MiB/s }\nnode: { name: other }\n"
    #expect(ReloadableKeys.changesNeedingRestart(try load(Self.base), try load(changed)) == ["node.name", "limits.event-loops"])
  }
}
