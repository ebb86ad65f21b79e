/// What a guard can be asked to allow.
public enum Operation: String, Sendable, CaseIterable, Codable {
  /// To be connected with us, for the artifact named if one is.
  case connect
  /// To be given the artifact's info dictionary (BEP 9), which names all its files.
  case metadata
  /// To be given blocks.
  case request
  /// To be asked for blocks by us.
  case ask
  /// To be told of by a tracker or a peer exchange, and to learn of others.
  case announce
  /// To exchange custom extended messages.
  case message
}
