import Engine
import Metainfo
import PluginKit
import Storage
import TestSupport

/// A small artifact on disk, and what every byte of it is.
struct FuzzArtifact {
  let seeded: SeededArtifact
  /// The torrent's bytes as peers see them, pads as zeroes.
  let stream: [UInt8]

  var layout: PieceLayout { seeded.facts.layout }
  var infoHash: SHA1Digest { seeded.torrent.infoHash.preferredWire }

  /// The files are written below the folder, which must live as long as this.
  init(_ version: TorrentVersion, id: Int64, in folder: TemporaryDirectory, lacking lacks: Bool) throws {
    let name = "artifact-\(id)"
    for (path, length) in [("a/one", 70_000), ("b/two", 40_000), ("c", 5)] {
      try folder.write(TorrentFixtures.content(length, seed: UInt64(length)), to: "\(name)/\(path)")
    }
    let scan = try ArtifactScan.scan(path: folder.path(name))
    let blueprint = try TorrentBlueprint(
      name: scan.name, isSingleFile: false, files: scan.torrentFiles, pieceLength: 32_768, version: version)
    let hashed = try ArtifactHasher.hash(blueprint: blueprint, scan: scan, threads: 1)
    let torrent = try blueprint.finish(pieceHashes: hashed.pieceHashes, pieceLayers: hashed.pieceLayers).torrent
    let padded = PaddedLayout(torrent.layout)
    let reader = ArtifactReader(
      layout: padded.layout, root: scan.root, paths: padded.arranged(hashed.paths, padding: []),
      identities: padded.arranged(hashed.identities, padding: nil), cache: DescriptorCache(capacity: 8))
    let facts = ArtifactFacts(id: id, infoHash: torrent.infoHash, name: name, labels: [:], isPrivate: true, layout: padded.layout)
    var have = Bitfield(count: padded.layout.pieceCount, filled: true)
    if lacks { have[1] = false }
    seeded = SeededArtifact(facts: facts, torrent: torrent, reader: reader, have: have)
    stream = try Self.stream(padded.layout, folder, name)
  }

  private static func stream(_ layout: PieceLayout, _ folder: TemporaryDirectory, _ name: String) throws -> [UInt8] {
    var stream = [UInt8](repeating: 0, count: Int(layout.span))
    for (file, offset) in zip(layout.files, layout.fileOffsets) where !file.isPadding {
      let content = try folder.read("\(name)/\(file.displayPath)")
      stream.replaceSubrange(Int(offset)..<Int(offset) + content.count, with: content)
    }
    return stream
  }

  /// The bytes of a block; nil where there is no such block.
  func bytes(of block: Block) -> ArraySlice<UInt8>? {
    guard layout.contains(block) else { return nil }
    let begin = Int(block.piece) * layout.pieceLength + Int(block.offset)
    return stream[begin..<begin + Int(block.length)]
  }
}
