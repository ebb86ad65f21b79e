/// An artifact with what serving it needs: its files and its evidence.
package struct Holding: Hashable, Sendable {
  package let artifact: Artifact
  /// In file index order.
  package let files: [ArtifactFile]
  package let evidence: Evidence?
}
