package import Metainfo

/// An artifact that is here, or on its way here.
package struct HeldArtifact: Hashable, Sendable {
  /// How it came here by a mirror.
  package struct Origin: Hashable, Sendable {
    /// The catalogue's URL.
    package let catalogue: String
    /// Since when no rule wants it any more: seconds since 1970; nil while one does.
    package let unwantedSince: Int64?

    package init(catalogue: String, unwantedSince: Int64? = nil) {
      (self.catalogue, self.unwantedSince) = (catalogue, unwantedSince)
    }
  }

  package let infoHash: InfoHash
  package let name: String
  /// Bytes when it is whole.
  package let size: Int64
  /// Whether all of it is here and verified.
  package let isComplete: Bool
  /// Whether it was taken out of service by `ReplicaActions.withhold`.
  package let isWithheld: Bool
  /// Whether it was being fetched, and that has failed.
  package let isFailed: Bool
  /// When a peer last had something of it: seconds since 1970; nil for never.
  package let lastServed: Int64?
  /// Nil: it was published or added here, and no mirror touches it.
  package var origin: Origin?

  package init(
    infoHash: InfoHash, name: String, size: Int64, isComplete: Bool, isWithheld: Bool = false, isFailed: Bool = false,
    lastServed: Int64? = nil, origin: Origin? = nil
  ) {
    (self.infoHash, self.name, self.size, self.isComplete) = (infoHash, name, size, isComplete)
    (self.isWithheld, self.isFailed, self.lastServed, self.origin) = (isWithheld, isFailed, lastServed, origin)
  }
}
