/// Where an artifact's data lies and what is known of it.
package struct ArtifactData: Hashable, Sendable {
  /// The folder that holds the artifact's file or folder.
  package let dataRoot: String
  /// Where the .torrent was written, if anywhere.
  package let torrentPath: String?
  /// Every file but pad files, with the identities that the evidence was won against.
  package let files: [ArtifactFile]
  /// What is verified; nil for nothing yet.
  package let evidence: Evidence?
  package var state: ArtifactState
  package var stateReason: String

  package init(
    dataRoot: String, torrentPath: String?, files: [ArtifactFile], evidence: Evidence?, state: ArtifactState, stateReason: String = ""
  ) {
    (self.dataRoot, self.torrentPath, self.files, self.evidence) = (dataRoot, torrentPath, files, evidence)
    (self.state, self.stateReason) = (state, stateReason)
  }
}
