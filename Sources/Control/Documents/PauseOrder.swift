/// What an operator takes out of service for a while.
package struct PauseOrder: Codable, Sendable {
  /// An info-hash, a unique start of one, or a name.
  package let what: String
  /// For people; nil where nothing was said.
  package let reason: String?

  package init(what: String, reason: String?) { (self.what, self.reason) = (what, reason) }
}
