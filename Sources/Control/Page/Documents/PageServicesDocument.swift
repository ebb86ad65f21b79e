/// What changes seldom, for the status page: listeners, certificates, trackers, catalogues, plugins, warnings. What it shows of addresses
/// elsewhere ends with the host: paths may hold keys.
package struct PageServicesDocument: Codable, Sendable {
  /// How artifacts fare with the trackers of one host.
  package struct Tracker: Codable, Sendable, Hashable {
    package let tracker: String
    /// Artifacts by the state that they are in with it.
    package let states: [String: Int]
    /// What one of them was told last; nil where there is nothing to say.
    package let detail: String?
  }

  /// A plugin of the pipeline, in its order.
  package struct Plugin: Codable, Sendable, Hashable {
    package let name: String
    package let state: String
    package let mode: String
    /// Since the start, over all hooks.
    package let calls: UInt64
    package let faults: UInt64
    package let late: UInt64
    /// What it would have refused, were it not in shadow.
    package let shadowed: UInt64
  }

  package var schema = "granary.page-services/1"
  package let listeners: [StatusDocument.Listener]
  package let warnings: [String]
  package let plugins: [Plugin]
  package let trackers: [Tracker]
  package let tls: TLSDocument?
  package let journal: JournalStatusDocument?
  package let scrub: StatusDocument.Scrub?
  package let tracker: StatusDocument.OwnTracker?
  package let mirrors: [StatusDocument.Mirror]
  /// Where the node's own catalogue is to be had.
  package var catalogue: [String] = []
  /// Limits that have bitten since the start, by name.
  package let limits: [String: Int64]

  package init(_ status: StatusDocument) {
    (listeners, tls, scrub, tracker) = (status.listeners, status.tls, status.scrub, status.tracker)
    (journal, mirrors) = (status.journal, status.mirrors ?? [])
    warnings = Array(status.warnings.prefix(Self.mostWarnings))
    plugins = status.plugins.map(Plugin.init)
    trackers = Self.byHost(status.trackers)
    limits = status.limits.filter { $0.value > 0 }
  }

  private static let mostWarnings = 50

  private static func byHost(_ trackers: [StatusDocument.Tracker]) -> [Tracker] {
    Dictionary(grouping: trackers) { origin(of: $0.url) }.sorted { $0.key < $1.key }.map { host, entries in
      let states = Dictionary(entries.map { ($0.state, 1) }) { $0 + $1 }
      return Tracker(tracker: host, states: states, detail: entries.lazy.compactMap(\.detail).first)
    }
  }

  /// Scheme, host and port of a URL: what stands before the path, and behind what may be a name and a password.
  static func origin(of url: String) -> String {
    guard let mark = url.firstRange(of: "://") else { return "a tracker" }
    let authority = url[mark.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
    return String(url[..<mark.upperBound] + host)
  }
}

extension PageServicesDocument.Plugin {
  init(_ plugin: StatusDocument.Plugin) {
    func sum(_ counts: [String: UInt64]) -> UInt64 { counts.values.reduce(0) { $0.addingReportingOverflow($1).partialValue } }
    self.init(
      name: plugin.name, state: plugin.state.rawValue, mode: plugin.mode, calls: sum(plugin.calls), faults: sum(plugin.faults),
      late: sum(plugin.late), shadowed: plugin.shadowed)
  }
}
