import PluginKit

/// The ports where peers reach us, by what is spoken there: who was dialed learns them from our extended handshake (`p`, BEP 10), and may tell
/// others of us. A value.
package struct ReachedPorts: Sendable, Hashable {
  /// Of one listener, for peers of each family; nil: it is not reached over it.
  package struct Ports: Sendable, Hashable {
    package var v4: UInt16?
    package var v6: UInt16?

    package init(v4: UInt16? = nil, v6: UInt16? = nil) {
      (self.v4, self.v6) = (v4, v6)
    }
  }

  private var ports: [ListenSecurity: Ports] = [:]

  package init() {}

  /// Of the first listener of its kind.
  package mutating func add(_ ports: Ports, of kind: ListenSecurity) {
    if self.ports[kind] == nil { self.ports[kind] = ports }
  }

  /// The port for peers like this one, which is linked to us in that way.
  func port(for family: IPAddress.Family, on kind: ListenSecurity) -> UInt16? {
    family == .v4 ? ports[kind]?.v4 : ports[kind]?.v6
  }
}
