package import PluginKit

extension NodeSettings {
  /// `control`: where a node takes orders from other machines, beside its socket.
  package struct Control: Sendable, Hashable {
    /// An entry of `control.listen`.
    package struct Listener: Sendable, Hashable {
      /// Where; port 0 lets the system pick one. On loopback where it is plain.
      package let address: PeerAddress
      package let access: Access
      /// `FILE:LINE:COLUMN`, for an address that turns out to be in use.
      package let place: String
    }

    /// How somebody proves who they are there.
    package enum Access: Sendable, Hashable {
      /// With a certificate that this entry of `tls` trusts: these may do everything, those ask. Empty allows nobody.
      case tls(String, identities: [IdentityPattern], readers: [IdentityPattern])
      /// With a token of this file, on a plain link.
      case tokens(file: String)

      /// The entry of `tls`; nil for a plain link.
      package var tls: String? {
        if case .tls(let name, _, _) = self { name } else { nil }
      }
    }

    /// At least one.
    package let listen: [Listener]
    /// Names beside its addresses and `localhost` that it may be asked by, in lower case.
    package let hosts: [String]
    /// The absolute path of the folder that uploads come to lie in; nil: none are taken.
    package let uploads: String?
    /// `FILE:LINE:COLUMN` of `uploads`.
    package let uploadsPlace: String

    init(_ section: ControlSection, folder: String, file: String) {
      listen = section.listen.map { listener in
        Listener(
          address: listener.address.value.address, access: Access(listener, folder: folder), place: listener.address.place ?? file)
      }
      hosts = (section.hosts ?? []).map(\.text)
      uploads = section.uploads?.value.resolved(in: folder)
      uploadsPlace = section.uploads?.place ?? file
    }
  }
}

extension NodeSettings.Control.Access {
  fileprivate init(_ listener: ControlListenSection, folder: String) {
    if let tls = listener.tls {
      self = .tls(tls.text, identities: (listener.identities ?? []).map(\.pattern), readers: (listener.readers ?? []).map(\.pattern))
    } else {
      // The checks have seen that there is one.
      self = .tokens(file: listener.tokens?.resolved(in: folder) ?? "")
    }
  }
}
