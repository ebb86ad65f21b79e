import Engine
import Foundation
import Metainfo
import NIOCore
import PluginKit
import Storage
import TestSupport

/// An artifact that an input has fetched, into a folder beside the one that its data is made in.
struct FuzzFetch {
  let artifact: FuzzArtifact
  /// Where it comes to lie.
  let root: String

  private var order: FetchOrder {
    let (facts, torrent, root) = (artifact.seeded.facts, artifact.seeded.torrent, root)
    let padded = PaddedLayout(torrent.layout)
    return FetchOrder(facts: facts, torrent: torrent, root: root) { paths, identities, isStaged in
      ArtifactReader(
        layout: padded.layout, root: root, paths: padded.arranged(paths, padding: []),
        identities: padded.arranged(identities, padding: nil), cache: DescriptorCache(capacity: 8), isStaged: isStaged)
    }
  }

  /// Begins, or goes on with what is there.
  func begin(in engine: SeedEngine) throws {
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    _ = try engine.fetch(order)
  }

  /// Ends, and what is there of it stays.
  func pause(in engine: SeedEngine) throws { try engine.endFetch(artifact.seeded.facts.id, reason: "it is ended") }

  /// What is wrong with the pieces that we say we have; nil where each is what the torrent says.
  func fault(in pieces: Bitfield, _ reader: ArtifactReader) -> String? {
    let layout = artifact.layout
    for piece in pieces.pieces {
      for offset in stride(from: 0, to: layout.length(ofPiece: piece) ?? 0, by: Block.standardLength) {
        let length = min(Block.standardLength, (layout.length(ofPiece: piece) ?? 0) - offset)
        let block = Block(piece: UInt32(piece), offset: UInt32(offset), length: UInt32(length))
        var bytes = ByteBuffer()
        let result = reader.append([block], to: &bytes, prefixLength: 0, writePrefix: { _, _ in }, waiting: true)
        guard result == .complete, let expected = artifact.bytes(of: block), bytes == ByteBuffer(bytes: expected) else {
          return "\(block) is held and is not what the torrent says: \(result)"
        }
      }
    }
    return nil
  }
}
