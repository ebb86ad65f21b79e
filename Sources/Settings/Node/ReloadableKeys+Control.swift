internal import PluginKit

extension ReloadableKeys {
  static let control: [SettingsKey] = [
    SettingsKey(
      "control.listen", .needsRestart, default: "none: it must be given", "where orders of other machines are taken; plain on loopback only"
    ) { ($0.control?.listen ?? []).map { ControlListenerValue(address: $0.address, tls: $0.access.tls) } },
    SettingsKey("control.listen.identities", .reloads, default: "[]", "who may do everything there; empty allows nobody") {
      ($0.control?.listen ?? []).map(\.access.identities)
    },
    SettingsKey("control.listen.readers", .reloads, default: "[]", "who may ask there, and change nothing") {
      ($0.control?.listen ?? []).map(\.access.readers)
    },
    SettingsKey("control.listen.tokens", .reloads, default: "none", "a file of NAME TOKEN [read], one a line, for a plain link") {
      ($0.control?.listen ?? []).map(\.access.tokens)
    },
    SettingsKey("control.hosts", .reloads, default: "[]", "names that it may be asked by, beside its addresses and localhost") {
      $0.control?.hosts
    },
    SettingsKey("control.uploads", .reloads, default: "none: nothing is taken", "the folder that uploads come to lie in") {
      $0.control?.uploads
    },
  ]

  /// A listener without its place and those that it lets in.
  private struct ControlListenerValue: Equatable, Sendable {
    let address: PeerAddress
    let tls: String?
  }
}

extension NodeSettings.Control.Access {
  fileprivate var identities: [IdentityPattern] { if case .tls(_, let identities, _) = self { identities } else { [] } }
  fileprivate var readers: [IdentityPattern] { if case .tls(_, _, let readers) = self { readers } else { [] } }
  fileprivate var tokens: String? { if case .tokens(let file) = self { file } else { nil } }
}
