package import Metainfo

/// Something that a mirror wants, with its torrent: that has been fetched, is the one that the signed catalogue names, and its info-hash is the
/// catalogue's.
package struct WantedArtifact: Sendable {
  package let infoHash: InfoHash
  /// The publisher's name for it.
  package let name: String
  package let version: String?
  package let labels: [String: String]
  /// Bytes of content.
  package let size: Int64
  /// The .torrent file, byte for byte.
  package let torrent: [UInt8]
  /// The URL of the catalogue that lists it.
  package let catalogue: String
  /// The absolute path of the folder that it is to lie in.
  package let folder: String
  /// Why it is wanted.
  package let reason: String

  package init(_ fetch: MirrorPlan.Fetch, torrent: [UInt8], folder: String) {
    (infoHash, name, version, labels) = (fetch.entry.infoHash, fetch.entry.name, fetch.entry.version, fetch.entry.labels)
    (size, catalogue, reason) = (fetch.entry.size, fetch.catalogue, fetch.reason)
    (self.torrent, self.folder) = (torrent, folder)
  }
}

/// What a follower of catalogues has done: the node's side of a mirror.
package protocol ReplicaActions: Sendable {
  /// Every artifact that is here or on its way here, with `origin` nil: where each came from, the follower remembers. Throws where that cannot
  /// be said now; then nothing is done.
  func held() async throws -> [HeldArtifact]

  /// Begins to fetch an artifact and returns. From then on `held` has it, until it is removed. Throws where it cannot begin; it is asked for
  /// again with the next plan.
  func fetch(_ wanted: WantedArtifact) async throws

  /// Goes on with a fetch that has failed. Throws where it cannot begin.
  func retry(_ infoHash: InfoHash) async throws

  /// Takes an artifact out of service, and leaves it where it is, over restarts; or puts it back. `held` says which of them is so.
  func withhold(_ infoHash: InfoHash, reason: String) async throws
  func release(_ infoHash: InfoHash) async throws

  /// Takes an artifact out of service and out of the inventory, with its data. Throws where it is still here.
  func retire(_ infoHash: InfoHash, reason: String) async throws
}
