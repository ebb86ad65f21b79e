import Metainfo
import PeerProtocol
import PluginKit
import Storage
import TestSupport
import Testing

@testable import Engine

/// An artifact that an engine is to fetch into a folder of its own.
struct FetchTarget {
  let artifact: TestArtifact
  let folder: TemporaryDirectory
  let id: Int64

  init(_ artifact: TestArtifact, id: Int64 = 7) throws {
    (self.artifact, self.id) = (artifact, id)
    folder = try TemporaryDirectory("fetch")
  }

  func order(files: Set<Int>? = nil, settings: WriterSettings = WriterSettings()) -> FetchOrder {
    let (torrent, root) = (artifact.torrent, folder.path)
    let padded = PaddedLayout(torrent.layout)
    let facts = ArtifactFacts(
      id: id, infoHash: torrent.infoHash, name: artifact.facts.name, labels: [:], isPrivate: true, layout: padded.layout)
    return FetchOrder(facts: facts, torrent: torrent, root: root, files: files, settings: settings) { paths, identities, isStaged in
      ArtifactReader(
        layout: padded.layout, root: root, paths: padded.arranged(paths, padding: []),
        identities: padded.arranged(identities, padding: nil),
        cache: DescriptorCache(capacity: 8), isStaged: isStaged)
    }
  }

  /// Whether every file is there as it is to be, and nothing else.
  func isWhole() throws -> Bool {
    for file in artifact.layout.files where !file.isPadding {
      let path = "\(artifact.torrent.name)/\(file.displayPath)"
      guard try folder.read(path) == artifact.folder.read(path) else { return false }
    }
    return try folder.entries() == [artifact.torrent.name]
  }
}

extension EngineRig {
  /// Ticks until the fetch is at an end, as time passes.
  func finishFetch(_ id: Int64) async throws -> FetchSnapshot {
    try await eventually("the end of the fetch: \(String(describing: engine.fetchSnapshot(of: id)))") {
      clock.advance(by: .milliseconds(20))
      await engine.tick()
      guard let snapshot = engine.fetchSnapshot(of: id) else { return nil }
      switch snapshot.stage {
      // What is missing is told a moment later.
      case .complete: return engine.missing(of: id) == 0 ? snapshot : nil
      case .failed: return snapshot
      case .fetching, .finishing: return nil
      }
    }
  }
}
