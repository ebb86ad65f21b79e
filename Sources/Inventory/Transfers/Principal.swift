/// Who a peer is to us.
package struct Principal: Hashable, Sendable {
  /// What vouches for the name, weakest first.
  package enum Kind: String, Hashable, Sendable {
    /// Nothing but where it connects from.
    case address
    /// A certificate.
    case identity
    /// A key of the auth handshake.
    case key
  }

  package let kind: Kind
  /// The address without its port, the identity or the key's id; cut to 512 bytes; `?` where none was given.
  package let name: String

  package init(kind: Kind, name: String) {
    self.kind = kind
    self.name = name.isEmpty ? "?" : StoredText.bounded(name, to: JournalEntry.Limit.principal)
  }
}

extension Principal: CustomStringConvertible {
  package var description: String { "\(kind.rawValue) \(name)" }
}
