package import Metainfo

/// What a follower remembers of a catalogue.
package struct FollowedCatalogue: Hashable, Sendable {
  package let url: String
  /// What was accepted last, with its signature.
  package let bytes: [UInt8]
  package let last: AcceptedCatalogue
  /// What the server called it; nil for nothing.
  package let etag: String?
  /// Seconds since 1970.
  package let acceptedAt: Int64

  package init(url: String, bytes: [UInt8], last: AcceptedCatalogue, etag: String?, acceptedAt: Int64) {
    (self.url, self.bytes, self.last, self.etag, self.acceptedAt) = (url, bytes, last, etag, acceptedAt)
  }
}

/// What a follower remembers of an artifact that it has asked for.
package struct MirroredArtifact: Hashable, Sendable {
  package let infoHash: InfoHash
  package let name: String
  package let origin: HeldArtifact.Origin

  package init(infoHash: InfoHash, name: String, origin: HeldArtifact.Origin) {
    (self.infoHash, self.name, self.origin) = (infoHash, name, origin)
  }
}

/// Where a follower keeps what must outlast it: without it a catalogue could be rolled back over a restart.
package protocol MirrorStore: Sendable {
  func followed(_ url: String) async throws -> FollowedCatalogue?
  /// Durable once it returns.
  func keep(_ catalogue: FollowedCatalogue) async throws
  func mirrored() async throws -> [MirroredArtifact]
  /// Adds some, or changes since when they are not wanted.
  func put(_ artifacts: [MirroredArtifact]) async throws
  func forget(_ infoHashes: [InfoHash]) async throws
}
