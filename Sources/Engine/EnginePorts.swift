import PluginKit
import Storage

/// What the engine tells the rest of the node. Called from event loops and the disk's threads: must not block.
package protocol EngineDelegate: Sendable {
  /// A connection's payload since the last call for it.
  func transferred(_ transfer: Transfer)
  /// An artifact's evidence no longer holds, or its data cannot be read: the engine has taken it out of service.
  func artifactFailed(id: Int64, error: StorageError)
}

/// Payload that a principal took of an artifact.
package struct Transfer: Sendable, Hashable {
  /// Who: an identity, or the address.
  package let principal: String
  /// The inventory's number of the artifact.
  package let artifact: Int64
  /// Bytes of blocks that the link has taken.
  package let bytes: Int64
  /// How many blocks those were.
  package let blocks: Int64
}
