/// What is to be done about artifacts, and why: each artifact of a mirror stands here once.
package struct MirrorPlan: Hashable, Sendable {
  /// Something that is wanted and not here.
  package struct Fetch: Hashable, Sendable {
    package let entry: CatalogueEntry
    /// The catalogue's URL, which the entry's torrent is relative to.
    package let catalogue: String
    /// Its place among the versions of its family, the newest first, from 0.
    package let rank: Int
    package let isPinned: Bool
    package let reason: String
  }

  /// Something that stays.
  package struct Keep: Hashable, Sendable {
    package let artifact: HeldArtifact
    /// Its place among the versions of its family, the newest first; nil where no rule wants it.
    package let rank: Int?
    /// Whether nothing may make it go: it is pinned, was published or added here, or its catalogue cannot be relied on now.
    package let isProtected: Bool
    /// Whether nobody may be served it: no catalogue that is signed as it must be lists it.
    package var isWithheld = false
    package let reason: String

    package init(artifact: HeldArtifact, rank: Int?, isProtected: Bool, isWithheld: Bool = false, reason: String) {
      (self.artifact, self.rank, self.isProtected) = (artifact, rank, isProtected)
      (self.isWithheld, self.reason) = (isWithheld, reason)
    }
  }

  /// Something that goes.
  package struct Retirement: Hashable, Sendable {
    package let artifact: HeldArtifact
    /// Since when it is not wanted: seconds since 1970.
    package let since: Int64
    /// When it goes: `since` and the grace time.
    package let due: Int64
    package let reason: String
  }

  /// In the order in which to fetch: the newest versions first.
  package var fetches: [Fetch] = []
  package var kept: [Keep] = []
  package var retirements: [Retirement] = []

  package init() {}
}
