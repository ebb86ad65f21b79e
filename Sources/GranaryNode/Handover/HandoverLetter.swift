import Inventory
import Metainfo

/// What a node says when it gives its place to another: its lock comes with it, then its listening sockets.
struct HandoverLetter: Codable, Sendable, Hashable {
  /// What a letter of another kind would be called.
  static let version = "granary.handover/1"

  var schema = HandoverLetter.version
  let pid: Int32
  /// Its row in the inventory, which it ends itself.
  let run: Int64
  /// 20 bytes in hexadecimal: trackers know the node by it, and go on knowing it.
  let peerID: String
}

/// What has come together while the former node let its peers go, and only the one with the journal can store.
struct HandoverRemainder: Codable, Sendable, Hashable {
  let journal: [CountedEntry]
}
