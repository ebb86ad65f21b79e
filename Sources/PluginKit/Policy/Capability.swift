/// What a capability that the peer has shown lets its bearer do. It narrows what the pipeline allows and widens nothing.
///
/// A class: every connection has copies of what is known of its peer, and few have a capability.
public final class Capability: Sendable {
  /// Who has issued it, by the name that the configuration gives to the issuer's key.
  public let issuer: String
  /// What it is called, for revocation and the journal.
  public let id: String
  /// Patterns of artifacts, as rules write them; it is good for those that match a pattern of each list.
  public let artifacts: [[String]]
  /// What may be done.
  public let operations: Set<Operation>
  /// Patterns of paths; a file is given where each list has one that matches. Empty: all files.
  public let files: [[String]]
  /// When it ends.
  public let validUntil: WallTime

  public init(
    issuer: String, id: String, artifacts: [[String]], operations: Set<Operation>, files: [[String]], validUntil: WallTime
  ) {
    (self.issuer, self.id, self.artifacts) = (issuer, id, artifacts)
    (self.operations, self.files, self.validUntil) = (operations, files, validUntil)
  }
}
