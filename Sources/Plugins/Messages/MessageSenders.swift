internal import PluginKit

/// Who may send something to us: addresses and networks, and patterns of identities. One that matches is enough; none allows nobody.
struct MessageSenders: Sendable {
  private let networks: NetworkTable
  private let identities: [IdentityPattern]

  var isEmpty: Bool { networks.isEmpty && identities.isEmpty }

  /// The senders of a list. Every problem goes to `problems`, each under the name of the list.
  init(_ list: [Placed<String>], name: String, problems: inout [SettingsProblem]) {
    var (networks, identities): ([IPNetwork], [IdentityPattern]) = ([], [])
    for (index, text) in list.enumerated() {
      do throws(SettingsProblem) {
        // What has a kind behind its first slash is an identity; the length of a prefix is none.
        if Self.isIdentity(text.value) {
          identities.append(try IdentityPattern(text.value))
        } else {
          networks.append(try Self.network(text.value))
        }
      } catch {
        problems.append(SettingsProblem("\(name)[\(index)]: \(error.message)", place: error.place ?? text.place))
      }
    }
    (self.networks, self.identities) = (NetworkTable(networks), identities)
  }

  func admit(_ facts: PeerFacts) -> Bool {
    networks.contains(facts.address.ip) || facts.identities.contains { identity in identities.contains { $0.matches(identity) } }
  }

  private static func isIdentity(_ text: String) -> Bool {
    guard let slash = text.firstIndex(of: "/") else { return false }
    return text[text.index(after: slash)...].contains(":")
  }

  private static func network(_ text: String) throws(SettingsProblem) -> IPNetwork {
    guard text.contains(where: { $0 == "." || $0 == ":" }) else {
      throw SettingsProblem("'\(text)' is neither an address or a network nor an identity such as fleet/dns:build-*.corp")
    }
    return try NetworkText.parse(text)
  }
}
