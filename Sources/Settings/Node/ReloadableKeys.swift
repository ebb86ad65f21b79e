internal import PluginKit

/// What a running node does about a changed key on SIGHUP.
package enum ReloadEffect: String, Sendable {
  /// It takes effect at once, or for what happens from then on.
  case reloads
  /// The node keeps the old value until it is started again.
  case needsRestart = "needs a restart"
}

/// A key of the file, for `check --explain`.
package struct SettingsKey: Sendable {
  /// The key's path: `limits.upload`.
  package let path: String
  package let effect: ReloadEffect
  /// The value where the file says nothing, in the file's own words.
  package let defaultValue: String
  /// One line.
  package let summary: String
  let differs: @Sendable (NodeSettings, NodeSettings) -> Bool

  init<Value: Equatable & Sendable>(
    _ path: String, _ effect: ReloadEffect, default defaultValue: String, _ summary: String,
    _ value: @escaping @Sendable (NodeSettings) -> Value
  ) {
    (self.path, self.effect, self.defaultValue, self.summary) = (path, effect, defaultValue, summary)
    differs = { value($0) != value($1) }
  }
}

/// Every key of this build.
package enum ReloadableKeys {
  /// In the order of `config/granary.yaml`.
  package static let all: [SettingsKey] = node + tls + limits + scrub + policy + tracker + catalogue + mirror + fetch + http + control + log

  /// The keys that changed and that a running node cannot take over, in the table's order.
  package static func changesNeedingRestart(_ old: NodeSettings, _ new: NodeSettings) -> [String] {
    all.filter { $0.effect == .needsRestart && $0.differs(old, new) }.map(\.path)
  }

  private static let node: [SettingsKey] = [
    SettingsKey("node.name", .needsRestart, default: "the host's name", "the node's name in logs, status and journal") { $0.node.name },
    SettingsKey("node.state", .needsRestart, default: "$STATE_DIRECTORY, else ./state", "inventory, lock and control socket") {
      $0.node.state
    },
    SettingsKey(
      "node.watchdog", .needsRestart, default: "\(NodeSettings.Node.defaultWatchdog)", "a loop that hangs so long ends the process; off"
    ) { $0.node.watchdog },
    SettingsKey("listen", .needsRestart, default: "none: it must be given", "where peers connect; tls: NAME or ssl-torrent") {
      $0.listen.map { ListenerValue($0) }
    },
    SettingsKey(
      "listen.announce-address", .reloads, default: "where it listens", "where peers reach it: ADDRESS, ADDRESS:PORT, PORT, or a list"
    ) {
      $0.listen.map(\.announced)
    },
    SettingsKey(
      "announce-address", .reloads, default: "where trackers see the node", "the same for every entry of listen: NAT, ports of a host"
    ) {
      $0.announceAddress
    },
    SettingsKey("announce-links", .reloads, default: "plain", "which listener trackers are told: plain, tls or both; by artifact, too") {
      $0.announceLinks
    },
    SettingsKey("artifacts.roots", .reloads, default: "[]", "data may be served from below these only") { $0.artifacts.roots },
  ]

  private static let tls: [SettingsKey] = [
    SettingsKey("links", .reloads, default: "any", "tls: nothing plain, to nobody") { $0.links },
    SettingsKey(
      "tls.NAME.certificate", .reloads, default: "none: it must be given", "the node's certificate, and what leads to its authority"
    ) {
      $0.tls.withoutPlaces.entries.map(\.credentials.certificate)
    },
    SettingsKey("tls.NAME.key", .reloads, default: "none: it must be given", "the certificate's key; nobody else may read it") {
      $0.tls.withoutPlaces.entries.map(\.credentials.key)
    },
    SettingsKey("tls.NAME.trust", .reloads, default: "none: it must be given", "authorities whose peers are trusted") {
      $0.tls.withoutPlaces.entries.map(\.trust)
    },
    SettingsKey("tls.NAME.revoked", .reloads, default: "none: nothing is revoked", "their revocation lists") {
      $0.tls.withoutPlaces.entries.map(\.revoked)
    },
    SettingsKey("tls.NAME.minimum", .reloads, default: "1.3", "the oldest version of TLS: 1.3 or 1.2") { $0.tls.entries.map(\.minimum) },
    SettingsKey("tls.ssl-torrent", .reloads, default: "[]", "certificates for SSL torrents; the first that matches counts") {
      $0.tls.withoutPlaces.sslTorrents
    },
  ]

  private static let limits: [SettingsKey] = {
    let fresh = Limits()
    return [
      SettingsKey("limits.upload", .reloads, default: "unlimited", "payload to all peers together") { $0.limits.upload },
      SettingsKey("limits.download", .reloads, default: "unlimited", "payload that is asked of all peers together") {
        $0.limits.download
      },
      SettingsKey("limits.upload-per-artifact", .reloads, default: "unlimited", "payload of one artifact to all peers together") {
        $0.limits.uploadPerArtifact
      },
      SettingsKey("limits.upload-per-principal", .reloads, default: "unlimited", "payload to one principal over all its connections") {
        $0.limits.uploadPerPrincipal
      },
      SettingsKey("limits.connections", .reloads, default: "\(fresh.connections)", "connections altogether") { $0.limits.connections },
      SettingsKey("limits.per-address", .reloads, default: "\(fresh.perAddress)", "connections from one address") { $0.limits.perAddress },
      SettingsKey("limits.per-principal", .reloads, default: "limits.per-address", "connections of one principal") {
        $0.limits.perPrincipal
      },
      SettingsKey("limits.handshakes", .reloads, default: "\(fresh.handshakes)", "handshakes in flight") { $0.limits.handshakes },
      SettingsKey("limits.handshake-timeout", .reloads, default: "\(fresh.handshakeTimeout)", "time to finish a handshake") {
        $0.limits.handshakeTimeout
      },
      SettingsKey("limits.upload-slots", .reloads, default: "auto", "peers unchoked at once") { $0.limits.uploadSlots },
      SettingsKey("limits.request-queue", .needsRestart, default: "\(fresh.requestQueue)", "requests outstanding per peer (reqq)") {
        $0.limits.requestQueue
      },
      SettingsKey("limits.idle-timeout", .reloads, default: "\(fresh.idleTimeout)", "silence that ends a connection") {
        $0.limits.idleTimeout
      },
      SettingsKey("limits.open-files", .needsRestart, default: "\(fresh.openFiles)", "descriptors kept open") { $0.limits.openFiles },
      SettingsKey("limits.locked-memory", .needsRestart, default: "auto", "memory locked for files that are sent without a copy") {
        $0.limits.lockedMemory
      },
      SettingsKey("limits.journal-rows", .reloads, default: "\(fresh.journalRows)", "rows of the journal that are kept") {
        $0.limits.journalRows
      },
      SettingsKey("limits.event-loops", .needsRestart, default: "cores", "threads that serve connections") { $0.limits.eventLoops },
    ]
  }()

  private static let scrub: [SettingsKey] = {
    let fresh = Scrub()
    return [
      SettingsKey("scrub.every", .reloads, default: fresh.every.map { "\($0)" } ?? "never", "the age of evidence that is won again") {
        $0.scrub.every
      },
      SettingsKey("scrub.rate", .reloads, default: "\(fresh.rate)", "how fast data is read for that") { $0.scrub.rate },
      SettingsKey(
        "scrub.verify-rate", .reloads, default: fresh.verifyRate.map { "\($0)" } ?? "unlimited", "how fast data that is in doubt is read"
      ) { $0.scrub.verifyRate },
      SettingsKey("scrub.between", .reloads, default: "[]", "when, in the host's own time; always where empty") { $0.scrub.between },
      SettingsKey("scrub.patrol", .reloads, default: "\(fresh.patrol)", "artifacts looked at for changes each second") {
        $0.scrub.patrol
      },
    ]
  }()

  private static let policy: [SettingsKey] = [
    SettingsKey("super-seeding", .reloads, default: "off", "artifacts whose first copies are handed out piece by piece") {
      $0.superSeeding
    },
    SettingsKey("trackers", .reloads, default: "[]", "announce URLs for what is published from then on") { $0.trackers },
    SettingsKey("peers", .reloads, default: "[]", "peers that are dialed") { $0.peers.map { PeerValue($0) } },
    SettingsKey("origins", .reloads, default: "[]", "hosts that added torrents may announce to") { $0.origins },
    SettingsKey("https", .reloads, default: "the system's authorities", "the entry of tls that https trackers are trusted by, and shown") {
      $0.https
    },
    // Settings of plugins are not compared: a reload makes every plugin anew.
    SettingsKey("pipeline", .reloads, default: "[]", "the plugins, in the order of the chain; files that they name are read again") {
      $0.pipeline.map(\.name)
    },
    SettingsKey(
      "pipeline.mode", .reloads, default: "enforce", "beside a plugin's name: shadow asks it, journals what it would refuse, heeds nothing"
    ) {
      $0.pipeline.map(\.mode)
    },
    SettingsKey("pipeline.on-error", .reloads, default: "deny", "beside a plugin's name: what holds once it has failed too often") {
      $0.pipeline.map(\.onError)
    },
    SettingsKey("open", .reloads, default: "false", "admit anyone beyond loopback without a guard") { $0.isOpen },
  ]

  private static let tracker: [SettingsKey] = [
    SettingsKey("tracker.listen", .needsRestart, default: "none: it must be given", "where the node's own tracker is asked: http or udp") {
      ($0.tracker?.listen ?? []).map { TrackerListenerValue(address: $0.address, speaks: $0.speaks, tls: $0.tls) }
    },
    SettingsKey(
      "tracker.interval", .reloads, default: "\(NodeSettings.Tracker.defaultInterval)", "how long peers wait between announces"
    ) { $0.tracker?.interval },
    SettingsKey("tracker.keys", .reloads, default: "none: HTTP announces need no key", "the file of announce keys") { $0.tracker?.keys },
    SettingsKey(
      "tracker.max-peers", .reloads, default: "\(NodeSettings.Tracker.defaultMaximumPeers)", "peers that the tracker remembers"
    ) { $0.tracker?.maximumPeers },
    SettingsKey(
      "tracker.outside-per-zone", .reloads, default: "unlimited", "how many of a zone fetch from outside of it at a time, of one artifact"
    ) { $0.tracker?.outsidePerZone },
    SettingsKey(
      "tracker.outside-for", .reloads, default: "\(NodeSettings.Tracker.defaultInterval)", "for how long, before it is another's turn"
    ) { $0.tracker?.outsideFor },
    SettingsKey("zones", .reloads, default: "{}", "networks that are near each other, by name") { $0.zones },
  ]

  /// A listener of the tracker without its place.
  private struct TrackerListenerValue: Equatable, Sendable {
    let address: PeerAddress
    let speaks: NodeSettings.TrackerProtocol
    let tls: String?
  }

  /// A peer without its place: moving a line changes nothing.
  private struct PeerValue: Equatable, Sendable {
    let address: PeerAddress
    let artifacts: [String]?
    let security: NodeSettings.DialSecurity

    init(_ peer: NodeSettings.StaticPeer) {
      (address, artifacts, security) = (peer.address, peer.artifacts, peer.security)
    }
  }

  /// A listener without its place.
  private struct ListenerValue: Equatable, Sendable {
    let address: PeerAddress
    let security: NodeSettings.ListenSecurity

    init(_ listener: NodeSettings.Listener) {
      (address, security) = (listener.address, listener.security)
    }
  }
}
