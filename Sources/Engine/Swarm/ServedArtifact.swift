import Metainfo
import Storage

/// What the engine keeps of an artifact in service that nobody asks for: what names it, and how much of it is missing.
package struct ServedArtifact: Sendable, Hashable {
  /// The inventory's number of the artifact.
  package let id: Int64
  /// The 20-byte forms by which a handshake may name it: one or two.
  package let wire: [SHA1Digest]
  /// Bytes of it that we do not have, at least 0: what an announce calls `left`. Exact for 0, else at most a piece too much.
  package let missing: Int64

  package init(id: Int64, wire: [SHA1Digest], missing: Int64 = 0) {
    (self.id, self.wire, self.missing) = (id, wire, max(0, missing))
  }
}

/// Where the engine gets what it needs to serve an artifact, once somebody asks for it.
package protocol ArtifactSource: Sendable {
  /// The artifact as it is recorded. Looks at none of its files: their device may hang, and others are to be loaded meanwhile. Called on the
  /// disk's threads, a few at a time, and may wait; not called again for an artifact whose loading has not ended.
  ///
  /// A `StorageError` says that the evidence does not hold: the engine takes the artifact out of service and tells its delegate. Anything
  /// else refuses those that ask now. Also called with numbers of no artifact, so that an unknown info-hash takes the same trip.
  func load(_ id: Int64) throws -> SeededArtifact

  /// Compares what was loaded with its files, before it is served. Called on the disk's threads among those that wait for its device; throws
  /// as `load` does.
  func check(_ artifact: SeededArtifact) throws
}

extension ArtifactSource {
  /// Throws the first thing that is wrong with its files.
  package func check(_ artifact: SeededArtifact) throws {
    if let error = artifact.reader.check().first { throw error }
  }
}

/// The source of an engine whose artifacts are all held in memory.
package struct NoArtifactSource: ArtifactSource {
  package init() {}

  package func load(_ id: Int64) throws -> SeededArtifact { throw ArtifactNotFound() }
}

/// There is no such artifact.
package struct ArtifactNotFound: Error, CustomStringConvertible {
  package init() {}

  package var description: String { "there is no such artifact" }
}
