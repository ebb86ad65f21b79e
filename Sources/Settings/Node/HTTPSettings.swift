package import PluginKit

extension NodeSettings {
  /// `http`: where a node tells machines and people how it is.
  package struct HTTP: Sendable, Hashable {
    /// An entry of `http.listen`.
    package struct Listener: Sendable, Hashable {
      /// Where; port 0 lets the system pick one. On loopback where it is plain.
      package let address: PeerAddress
      /// The entry of `tls` that it speaks with; nil for plain HTTP.
      package let tls: String?
      /// Who may read there, of those whom the entry trusts; empty allows nobody. Nil for plain HTTP: whoever is on this machine.
      package let identities: [IdentityPattern]?
      /// `FILE:LINE:COLUMN`, for an address that turns out to be in use.
      package let place: String
    }

    /// At least one.
    package let listen: [Listener]
    /// Names beside its addresses and `localhost` that it may be asked by, in lower case.
    package let hosts: [String]
    /// Whether people get a page.
    package let hasPage: Bool

    init(_ section: HTTPSection, file: String) {
      listen = section.listen.map { listener in
        Listener(
          address: listener.address.value.address, tls: listener.tls?.text,
          identities: listener.tls == nil ? nil : (listener.identities ?? []).map(\.pattern), place: listener.address.place ?? file)
      }
      hosts = (section.hosts ?? []).map(\.text)
      hasPage = section.page ?? false
    }
  }
}
