import OpenSSL
import PluginKit

/// What a configuration says of one address of the control interface, as it is now.
package struct ControlRules: Sendable {
  /// Names beside its own addresses and `localhost` that it may be asked by, in lower case.
  package let hosts: Set<String>
  /// How somebody proves who they are there, and what they may do.
  package let access: Access

  package enum Access: Sendable {
    /// By the link's certificate: `operators` may do everything, `readers` may ask.
    case certificates(operators: [IdentityPattern], readers: [IdentityPattern])
    /// By a token, on this machine.
    case tokens(ControlTokens)
  }

  package init(hosts: Set<String> = [], access: Access) { (self.hosts, self.access) = (hosts, access) }
}

/// Who may ask by which token.
package struct ControlTokens: Sendable {
  package struct Entry: Sendable, Hashable {
    /// What the journal calls its holder.
    package let name: String
    /// The shared secret.
    package let token: String
    /// Whether its holder may only ask.
    package let isReader: Bool

    package init(name: String, token: String, isReader: Bool) { (self.name, self.token, self.isReader) = (name, token, isReader) }
  }

  private let entries: [Entry]

  package init(_ entries: [Entry] = []) { self.entries = entries }

  /// Whose token this is. Each is compared, in a time that depends on lengths alone.
  func holder(of token: some StringProtocol) -> Entry? {
    let presented = Array(token.utf8)
    return entries.reduce(nil) { found, entry in SecretBytes.areEqual(Array(entry.token.utf8), presented) ? entry : found }
  }
}
