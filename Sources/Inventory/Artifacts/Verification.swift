import Metainfo

/// What a look at an artifact's data has found. Stored as one: identities and evidence never change apart.
package struct Verification: Hashable, Sendable {
  /// The files as they are now, by file index; a file that is left out is unknown from here on.
  package let identities: [Int: FileIdentity]
  /// The pieces that are verified against these identities; nil for none.
  package let evidence: Evidence?
  package let state: ArtifactState
  package let stateReason: String

  package init(identities: [Int: FileIdentity], evidence: Evidence?, state: ArtifactState, stateReason: String = "") {
    (self.identities, self.evidence, self.state, self.stateReason) = (identities, evidence, state, stateReason)
  }
}
