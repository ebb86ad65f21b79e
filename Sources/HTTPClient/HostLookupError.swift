/// A host name that has no address.
package struct HostLookupError: Error, Hashable, Sendable, CustomStringConvertible {
  package let host: String
  /// The resolver's words.
  package let reason: String

  package init(host: String, reason: String) {
    (self.host, self.reason) = (host, reason)
  }

  package var description: String { "cannot look up \(host): \(reason)" }
}
