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
    "scrub.verify-rate": "scrub: { verify-rate: 1 MiB/s }",
    "scrub.between": "scrub: { between: [\"01:00-02:00\"] }", "scrub.patrol": "scrub: { patrol: 1 }",
    "limits.download": "limits: { download: 1 MiB/s }",
    "limits.upload-per-artifact": "limits: { upload-per-artifact: 1 MiB/s }",
    "limits.upload-per-principal": "limits: { upload-per-principal: 1 MiB/s }", "limits.per-principal": "limits: { per-principal: 1 }",
    "limits.journal-rows": "limits: { journal-rows: 1000 }",
    "super-seeding": "super-seeding: auto", "announce-links": "announce-links: both",
    "trackers": "trackers: [\"http://a/\"]",
    "peers": "peers: [10.0.0.1:1]", "origins": "origins: [a]", "pipeline": "pipeline: [metadata]",
    "pipeline.mode": "pipeline:\n  - metadata:\n    mode: shadow", "pipeline.on-error": "pipeline:\n  - metadata:\n    on-error: skip",
    "open": "open: true", "zones": "zones: { a: [10.0.0.0/8] }", "fetch.allocate": "fetch: { allocate: whole }",
    "fetch.file-mode": "fetch: { file-mode: \"0640\" }", "fetch.executable-mode": "fetch: { executable-mode: \"750\" }",
    "fetch.folder-mode": "fetch: { folder-mode: \"0750\" }", "fetch.owner": "fetch: { owner: nobody }",
    "fetch.group": "fetch: { group: \"7\" }", "metrics.textfile": "metrics: { textfile: m.prom }",
    "log.format": "log: { format: json }", "log.level": "log: { level: debug }", "log.file": "log: { file: granary.log }",
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

  private static let tls = "tls: { fleet: { \(entry) } }\n"
  private static let http = tls + "http: { listen: [{ address: \"[::1]:7\", tls: fleet, identities: [\"fleet/dns:a\"] }]"

  /// The same for a node that tells of itself over HTTP: what is there instead.
  private static let httpChanges: [String: String] = [
    "http.listen.identities": http.replacing("dns:a", with: "dns:b") + " }", "http.hosts": http + ", hosts: [depot.corp] }",
    "http.page": http + ", page: true }",
  ]

  @Test("A changed key of http is taken over; where it listens needs a restart", arguments: httpChanges.keys.sorted())
  func ofHTTP(path: String) throws {
    let key = try #require(ReloadableKeys.all.first { $0.path == path })
    let (old, new) = (try load(Self.base + Self.http + " }"), try load(Self.base + (try #require(Self.httpChanges[path]))))
    #expect(key.effect == .reloads && ReloadableKeys.changesNeedingRestart(old, new).isEmpty)
    #expect(ReloadableKeys.changesNeedingRestart(try load(Self.base + Self.tls), new) == ["http.listen"])
    let moved = try load(Self.base + Self.http.replacing("]:7", with: "]:8") + " }")
    #expect(ReloadableKeys.changesNeedingRestart(old, moved) == ["http.listen"])
  }

  @Test("The table has every key of http")
  func httpKeys() {
    let paths = ReloadableKeys.all.map(\.path).filter { $0.hasPrefix("http.") }
    #expect(Set(paths) == Set(Self.httpChanges.keys).union(["http.listen"]))
  }

  private static let control = tls + "control: { listen: [{ address: \"[::1]:7\", tls: fleet, identities: [\"fleet/dns:a\"] }]"
  private static let tokens = "control: { listen: [{ address: \"[::1]:7\", tokens: t }]"

  /// The same for a node that takes orders of other machines: what comes before, and what is there instead.
  private static let controlChanges: [String: (String, String)] = [
    "control.listen.identities": (control + " }", control.replacing("dns:a", with: "dns:b") + " }"),
    "control.listen.readers": (control + " }", control.replacing("\"] }]", with: "\"], readers: [\"fleet/dns:c\"] }]") + " }"),
    "control.listen.tokens": (tokens + " }", tokens.replacing("tokens: t", with: "tokens: u") + " }"),
    "control.hosts": (control + " }", control + ", hosts: [depot.corp] }"),
    "control.uploads": (control + " }", control + ", uploads: incoming }"),
  ]

  @Test("A changed key of control is taken over; where it listens needs a restart", arguments: controlChanges.keys.sorted())
  func ofControl(path: String) throws {
    let key = try #require(ReloadableKeys.all.first { $0.path == path })
    let change = try #require(Self.controlChanges[path])
    let (old, new) = (try load(Self.base + change.0), try load(Self.base + change.1))
    #expect(key.effect == .reloads && ReloadableKeys.changesNeedingRestart(old, new).isEmpty)
    let moved = try load(Self.base + change.0.replacing("]:7", with: "]:8"))
    #expect(ReloadableKeys.changesNeedingRestart(old, moved) == ["control.listen"])
  }

  @Test("The table has every key of control")
  func controlKeys() {
    let paths = ReloadableKeys.all.map(\.path).filter { $0.hasPrefix("control.") }
    #expect(Set(paths) == Set(Self.controlChanges.keys).union(["control.listen"]))
  }

  private static let catalogue = "catalogue: { listen: [{ address: \"127.0.0.1:7\" }]"
  private static let mirror = "artifacts: { roots: [/srv] }\nmirror: [{ catalogue: \"http://a/c\", take: a, unsigned: true"

  /// The same for a node that has a catalogue, follows one, and has a budget: what comes before, and what is there instead.
  private static let catalogueChanges: [String: (String, String)] = [
    "catalogue.key": (catalogue + ", key: k }", catalogue + ", key: l }"),
    "catalogue.keys": (catalogue + ", key: k }", catalogue + ", key: k, keys: l }"),
    "catalogue.name": (catalogue + ", key: k }", catalogue + ", key: k, name: other }"),
    "catalogue.artifacts": (catalogue + ", key: k }", catalogue + ", key: k, artifacts: [a] }"),
    "catalogue.renew": (catalogue + ", key: k }", catalogue + ", key: k, renew: 5m }"),
    "mirror.catalogue": (mirror + " }]", mirror.replacing("//a/", with: "//b/") + " }]"),
    "mirror.keys": (mirror + " }]", mirror.replacing("unsigned: true", with: "keys: [\"\(String(repeating: "ab", count: 32))\"]") + " }]"),
    "mirror.unsigned": (
      mirror + " }]", mirror.replacing("unsigned: true", with: "keys: [\"\(String(repeating: "ab", count: 32))\"]") + " }]"
    ),
    "mirror.take": (mirror + " }]", mirror.replacing("take: a", with: "take: b") + " }]"),
    "mirror.labels": (mirror + " }]", mirror + ", labels: { a: b } }]"), "mirror.keep": (mirror + " }]", mirror + ", keep: 3 }]"),
    "mirror.pin": (mirror + " }]", mirror + ", pin: a }]"), "mirror.grace": (mirror + " }]", mirror + ", grace: 1h }]"),
    "mirror.every": (mirror + " }]", mirror + ", every: 1h }]"), "mirror.max-age": (mirror + " }]", mirror + ", max-age: 1h }]"),
    "mirror.to": (mirror + " }]", mirror + ", to: m }]"), "mirror.paused": (mirror + " }]", mirror + ", paused: true }]"),
    "disk.max": ("disk: { max: 1 GiB }", "disk: { max: 2 GiB }"), "disk.high": ("disk: { max: 1 GiB }", "disk: { max: 1 GiB, high: 99% }"),
    "disk.low": ("disk: { max: 1 GiB }", "disk: { max: 1 GiB, low: 1% }"),
    "disk.keep": ("disk: { max: 1 GiB }", "disk: { max: 1 GiB, keep: 9 }"),
  ]

  @Test("A changed key of the catalogue, a mirror or the budget is taken over", arguments: catalogueChanges.keys.sorted())
  func ofCatalogues(path: String) throws {
    let (before, after) = try #require(Self.catalogueChanges[path])
    let key = try #require(ReloadableKeys.all.first { $0.path == path })
    #expect(key.effect == .reloads)
    #expect(try ReloadableKeys.changesNeedingRestart(load(Self.base + before), load(Self.base + after)).isEmpty)
  }

  @Test("The table has every key of the catalogue, of mirrors and of the budget; where the catalogue is read needs a restart")
  func catalogueKeys() throws {
    let paths = ReloadableKeys.all.map(\.path).filter(Self.isOfCatalogues)
    #expect(Set(paths) == Set(Self.catalogueChanges.keys).union(["catalogue.listen"]))
    let (old, new) = (Self.base + Self.catalogue + ", key: k }", Self.base + Self.catalogue.replacing(":7", with: ":8") + ", key: k }")
    #expect(try ReloadableKeys.changesNeedingRestart(load(old), load(new)) == ["catalogue.listen"])
  }

  private static func isOfCatalogues(_ path: String) -> Bool { ["catalogue.", "mirror.", "disk."].contains { path.hasPrefix($0) } }

  @Test("The table has every key of the tracker")
  func trackerKeys() {
    #expect(
      Set(ReloadableKeys.all.map(\.path).filter { $0.hasPrefix("tracker.") }) == Set(Self.trackerChanges.keys).union(["tracker.listen"]))
  }

  @Test(
    "A changed key is told exactly where it needs a restart",
    arguments: ReloadableKeys.all.map(\.path).filter { path in
      !["tracker.", "http.", "control."].contains { path.hasPrefix($0) } && !isOfCatalogues(path)
    }
  )
  func changes(path: String) throws {
    let key = try #require(ReloadableKeys.all.first { $0.path == path })
    let change = Self.changes[path] ?? Self.tlsChanges[path]
    let listen = path == "links" ? "listen: [{ address: \"127.0.0.1:6881\", tls: fleet }]\n" : Self.base
    guard !path.hasSuffix("announce-address") else { return }
    let changed = path == "listen" ? "listen: [{ address: \"127.0.0.1:6882\" }]\n" : listen + (try #require(change))
    let found = ReloadableKeys.changesNeedingRestart(try load(Self.base), try load(changed))
    #expect(found == (key.effect == .needsRestart ? [path] : path == "links" ? ["listen"] : []))
  }

  @Test("Where peers reach a listener is taken over; the listener itself is as it was")
  func announceAddress() throws {
    for path in ["announce-address", "listen.announce-address"] {
      #expect(ReloadableKeys.all.first { $0.path == path }?.effect == .reloads)
    }
    let (old, new) = (try load(Self.base), try load(Self.base + "announce-address: 203.0.113.7:16881\n"))
    #expect(ReloadableKeys.changesNeedingRestart(old, new).isEmpty)
    let own = try load("listen: [{ address: \"127.0.0.1:6881\", announce-address: 16881 }]\n")
    #expect(ReloadableKeys.changesNeedingRestart(old, own).isEmpty && own.listen != old.listen)
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
