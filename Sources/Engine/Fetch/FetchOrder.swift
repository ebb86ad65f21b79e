import Metainfo
import PluginKit
import Storage

/// What is to be fetched, and where it is to lie.
package struct FetchOrder: Sendable {
  /// Makes a reader of the artifact's files for the layout that peers see: where each file lies below the root, by index in the torrent's own
  /// layout; what each was, where that is known; whether we are still writing to them.
  package typealias ReaderMaker = @Sendable (_ paths: [[String]], _ identities: [FileIdentity?], _ isStaged: Bool) -> ArtifactReader

  /// What policy knows of it.
  package let facts: ArtifactFacts
  package let torrent: Torrent
  /// The folder that it comes to lie in.
  package let root: String
  /// The files that are wanted, by index in the torrent's own layout; nil: all.
  package let files: Set<Int>?
  /// How it is put on disk.
  package let settings: WriterSettings
  /// Its web seeds; nil: none.
  package let webSeeds: WebSeedSettings?
  let makeReader: ReaderMaker

  package init(
    facts: ArtifactFacts, torrent: Torrent, root: String, files: Set<Int>? = nil, settings: WriterSettings = WriterSettings(),
    webSeeds: WebSeedSettings? = nil, makeReader: @escaping ReaderMaker
  ) {
    (self.facts, self.torrent, self.root, self.files) = (facts, torrent, root, files)
    (self.settings, self.webSeeds, self.makeReader) = (settings, webSeeds, makeReader)
  }
}

/// What came of beginning a fetch.
package enum FetchBeginning: Sendable, Hashable {
  /// It goes on from what an earlier run has left: so many pieces are held.
  case begun(held: Int)
  /// An earlier run has put the artifact into its place and was ended before it could tell: it is to be verified there.
  case isInPlace
}
