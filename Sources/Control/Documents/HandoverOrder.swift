/// A run that wants the place of the one that is asked.
package struct HandoverOrder: Codable, Sendable {
  /// The Unix socket at which it waits for it, an absolute path.
  package let socket: String

  package init(socket: String) { self.socket = socket }
}
