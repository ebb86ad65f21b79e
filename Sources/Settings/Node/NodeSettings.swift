package import PluginKit

/// What a node's YAML file says, with defaults filled in and paths made absolute. DESIGN section 7 is its contract.
package struct NodeSettings: Sendable {
  /// `node`.
  package struct Node: Sendable, Hashable {
    /// The node's name in logs, status and the journal; the host's by default.
    package let name: String
    /// The absolute path of the state directory: inventory, lock, control socket.
    package let state: String
    /// How long an event loop may leave a question unanswered before the process is ended: 1 s ... 10 min; nil for ever.
    package let watchdog: TimeSpan?

    /// What `node.watchdog` is where nothing is said.
    package static let defaultWatchdog = TimeSpan(milliseconds: 10_000)
  }

  /// `links`: what links there may be.
  package enum Links: Sendable, Hashable {
    case any
    /// Nothing plain, to nobody.
    case tls
  }

  /// How a listener speaks.
  package enum ListenSecurity: Sendable, Hashable {
    case plain
    /// With the trust of this entry of `tls`.
    case entry(String)
    /// Each link with the trust of the SSL torrent that its peer names.
    case sslTorrents
  }

  /// How a peer is dialed for what is no SSL torrent.
  package enum DialSecurity: Sendable, Hashable {
    case plain
    /// With the trust of this entry of `tls`.
    case entry(String)
    /// Not at all.
    case never
  }

  /// An entry of `listen`.
  package struct Listener: Sendable, Hashable {
    /// Where to listen; port 0 lets the system pick one.
    package let address: PeerAddress
    package let security: ListenSecurity
    /// Where peers reach it, with what `announce-address` says for all listeners.
    package let announced: AnnounceAddress
    /// `FILE:LINE:COLUMN`, for an address that turns out to be in use.
    package let place: String
  }

  /// `artifacts`.
  package struct Artifacts: Sendable, Hashable {
    /// The absolute paths that data may be served from. Empty: nothing can be published or added.
    package let roots: [String]
  }

  /// `super-seeding`: which artifacts are super-seeded (BEP 16), while their swarms lack pieces.
  package enum SuperSeeding: Sendable, Hashable {
    case off
    /// All, where there is an upload limit.
    case auto
    /// These, by names, patterns or info-hashes, limit or not.
    case artifacts([String])
  }

  /// An entry of `peers`: dialed without being asked.
  package struct StaticPeer: Sendable, Hashable {
    /// Where it is; the port is never 0.
    package let address: PeerAddress
    /// Names or patterns of artifacts that it is dialed for; nil for each artifact. Empty: none.
    package let artifacts: [String]?
    package let security: DialSecurity
    /// `FILE:LINE:COLUMN`.
    package let place: String
  }

  /// The file's name in messages, as it was given.
  package let file: String
  /// The absolute path of the folder that relative paths start from.
  package let folder: String
  package let node: Node
  package let links: Links
  /// At least one.
  package let listen: [Listener]
  /// `announce-address`, for all listeners.
  package let announceAddress: AnnounceAddress
  /// `announce-links`: the first that matches counts; `plain` where none does.
  package let announceLinks: [AnnounceRule]
  package let tls: TLSSettings
  package let artifacts: Artifacts
  package let limits: Limits
  package let scrub: Scrub
  package let superSeeding: SuperSeeding
  /// Announce URLs for what is published without its own.
  package let trackers: [String]
  /// The tracker that is embedded in the node; nil for none.
  package let tracker: Tracker?
  /// The catalogue that the node publishes; nil for none.
  package let catalogue: Catalogue?
  /// What is taken of the catalogues that are followed.
  package let mirror: [Mirror]
  /// How much may lie on the disk; nil for as much as there is.
  package let disk: Disk?
  /// How what is fetched is put on disk.
  package let fetch: Fetch
  /// Where metrics, health and the page are; nil for nowhere.
  package let http: HTTP?
  /// Where orders of other machines are taken; nil for nowhere.
  package let control: Control?
  /// `metrics.textfile`: the absolute path of the file that metrics are written to; nil for none.
  package let textfile: String?
  /// Lines about what happens.
  package let log: Log
  /// Networks that are near each other.
  package let zones: [Zone]
  package let peers: [StaticPeer]
  /// Hosts that torrents added from elsewhere may be announced to: lower-case names, or addresses without brackets. Empty: none.
  package let origins: [String]
  /// The entry of `tls` by whose trust https servers are judged, and whose certificate they are shown; nil: the system's authorities, and nothing
  /// is shown.
  package let https: String?
  /// The plugins, in the order of the chain.
  package let pipeline: [PluginEntry]
  /// `open: true`: the operator wants a node that admits anyone.
  package let isOpen: Bool
  /// What the operator should be told, and what is no error.
  package let warnings: [SettingsErrorLine]

  /// Whether other machines can reach a listener. Then something in the pipeline must admit peers, or `isOpen` must say that nothing does;
  /// who knows the plugins must check that.
  package var listensBeyondLoopback: Bool {
    let addresses = listen.map(\.address) + (tracker?.listen ?? []).map(\.address) + (catalogue?.listen ?? []).map(\.address)
    return addresses.contains { !$0.ip.isLoopback }
  }

  /// How peers are dialed that no entry of `peers` says more about.
  package var dialing: DialSecurity {
    guard links == .tls else { return .plain }
    return tls.entries.count == 1 ? tls.entries.first.map { .entry($0.name) } ?? .never : .never
  }

  /// Absolute form of a path in this file.
  package func resolve(_ path: String) -> String { FilePath.resolve(path, in: folder) }
}
