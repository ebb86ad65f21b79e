/// An artifact that is being fetched, as the inventory remembers it over a restart.
package struct StoredFetch: Hashable, Sendable {
  package let artifact: ArtifactID
  /// The wanted files, by index in the torrent; nil: all.
  package let files: [Int]?
  /// Peers that were named for it, as `HOST:PORT`.
  package let peers: [String]

  package init(artifact: ArtifactID, files: [Int]?, peers: [String]) {
    (self.artifact, self.files, self.peers) = (artifact, files, peers)
  }
}
