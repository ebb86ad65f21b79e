internal import PluginKit

extension ReloadableKeys {
  static let catalogue: [SettingsKey] = [
    SettingsKey("catalogue.listen", .needsRestart, default: "none: it must be given", "where the catalogue is read; tls: NAME for https") {
      ($0.catalogue?.listen ?? []).map { CatalogueListenerValue(address: $0.address, tls: $0.tls) }
    },
    SettingsKey("catalogue.key", .reloads, default: "none: it must be given", "the key that signs it") { $0.catalogue?.key },
    SettingsKey("catalogue.keys", .reloads, default: "none: readers need no key", "the file of keys that readers show") {
      $0.catalogue?.keys
    },
    SettingsKey("catalogue.name", .reloads, default: "node.name", "what it is called; replicas refuse another one") { $0.catalogue?.name },
    SettingsKey("catalogue.artifacts", .reloads, default: "all", "names and patterns of artifacts that are in it") {
      $0.catalogue?.artifacts
    },
    SettingsKey(
      "catalogue.renew", .reloads, default: "\(NodeSettings.Catalogue.defaultRenew)", "how often it is signed anew, changed or not"
    ) { $0.catalogue?.renew },
  ]

  static let mirror: [SettingsKey] = [
    key("catalogue", "none: it must be given", "the URL of a catalogue that is followed") { $0.catalogue },
    key("keys", "[]", "public keys that may sign it") { $0.keys },
    key("unsigned", "false", "take it from anybody, signed or not") { $0.keys.isEmpty },
    key("take", "none: it must be given", "names or patterns of what is taken") { $0.take },
    key("labels", "{}", "labels that it must have") { $0.labels },
    key("keep", "all", "how many versions of each family are kept") { $0.keep },
    key("pin", "[]", "names or patterns of what never goes") { $0.pin },
    key("grace", "\(NodeSettings.Mirror.defaultGrace)", "for how long what is not wanted any more stays") { $0.grace },
    key("every", "\(NodeSettings.Mirror.defaultEvery)", "how often the catalogue is asked for") { $0.every },
    key("max-age", "\(NodeSettings.Mirror.defaultMaximumAge)", "how old a catalogue may be") { $0.maximumAge },
    key("to", "the first of artifacts.roots", "the folder for what is fetched") { $0.to },
    key("paused", "false", "do nothing by it") { $0.isPaused },
    SettingsKey("disk.max", .reloads, default: "none", "how much may lie on the disk") { $0.disk?.max },
    SettingsKey("disk.high", .reloads, default: "\(NodeSettings.Disk.defaultHigh)", "where that much is used, artifacts go") {
      $0.disk?.high
    },
    SettingsKey("disk.low", .reloads, default: "\(NodeSettings.Disk.defaultLow)", "until it is no more than this") { $0.disk?.low },
    SettingsKey("disk.keep", .reloads, default: "\(NodeSettings.Disk.defaultKeep)", "the newest versions of a family that stay in any case")
    {
      $0.disk?.keep
    },
  ]

  /// A key of each entry of `mirror`.
  private static func key<Value: Equatable & Sendable>(
    _ name: String, _ defaultValue: String, _ summary: String, _ value: @escaping @Sendable (NodeSettings.Mirror) -> Value
  ) -> SettingsKey {
    SettingsKey("mirror.\(name)", .reloads, default: defaultValue, summary) { $0.mirror.map(value) }
  }

  /// A listener of the catalogue without its place.
  private struct CatalogueListenerValue: Equatable, Sendable {
    let address: PeerAddress
    let tls: String?
  }
}
