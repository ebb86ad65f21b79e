internal import PluginKit

extension ReloadableKeys {
  static let http: [SettingsKey] = [
    SettingsKey(
      "http.listen", .needsRestart, default: "none: it must be given", "where metrics, health and the page are; plain on loopback only"
    ) { ($0.http?.listen ?? []).map { HTTPListenerValue(address: $0.address, tls: $0.tls) } },
    SettingsKey("http.listen.identities", .reloads, default: "none: it must be given with tls", "who may read there; empty allows nobody") {
      ($0.http?.listen ?? []).map(\.identities)
    },
    SettingsKey("http.hosts", .reloads, default: "[]", "names that it may be asked by, beside its addresses and localhost") {
      $0.http?.hosts
    },
    SettingsKey("http.page", .reloads, default: "false", "a page for people, beside metrics and health") { $0.http?.hasPage },
    SettingsKey("metrics.textfile", .reloads, default: "none", "the file of metrics for a collector of text files") { $0.textfile },
  ]

  /// A listener without its place and its readers.
  private struct HTTPListenerValue: Equatable, Sendable {
    let address: PeerAddress
    let tls: String?
  }
}
