import PluginKit
import Storage

/// What the engine tells the rest of the node. Called from event loops and the disk's threads: must not block.
package protocol EngineDelegate: Sendable {
  /// A connection's payload since the last call for it.
  func transferred(_ transfer: Transfer)
  /// An artifact's evidence no longer holds, or its data cannot be read: the engine has taken it out of service.
  func artifactFailed(id: Int64, error: StorageError)
  /// An artifact that was fetched has got into its place: where its files are, and which pieces are there.
  func fetched(id: Int64, finished: FinishedArtifact)
  /// A fetch cannot go on: the engine has taken the artifact out of service. What is there of it stays on disk.
  func fetchFailed(id: Int64, reason: String)
  /// A fetch waits for the disk, and will go on by itself.
  func fetchTroubled(id: Int64, reason: String)
}

extension EngineDelegate {
  package func fetched(id: Int64, finished: FinishedArtifact) {}
  package func fetchFailed(id: Int64, reason: String) {}
  package func fetchTroubled(id: Int64, reason: String) {}
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
