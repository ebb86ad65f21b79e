internal import PluginKit

/// Whom a rule is about: addresses and networks, and patterns of identities. One that fits is enough.
struct QuotaPrincipals: Sendable {
  /// One of them, as it is written.
  enum Item: Sendable {
    case network(IPNetwork)
    case identity(IdentityPattern)

    init(_ text: String) throws(SettingsProblem) {
      // No address has a letter after its slash.
      let slash = text.firstIndex(of: "/").map { text[text.index(after: $0)...] }
      self = slash?.contains(":") == true ? .identity(try IdentityPattern(text)) : .network(try NetworkText.parse(text))
    }
  }

  private let networks: NetworkTable
  private let identities: [IdentityPattern]

  init(_ items: [Item]) {
    networks = NetworkTable(items.compactMap { if case .network(let network) = $0 { network } else { nil } })
    identities = items.compactMap { if case .identity(let pattern) = $0 { pattern } else { nil } }
  }

  var isEmpty: Bool { networks.isEmpty && identities.isEmpty }

  func contains(_ facts: PeerFacts) -> Bool {
    networks.contains(facts.address.ip) || identities.contains { facts.identities.contains(where: $0.matches) }
  }
}
