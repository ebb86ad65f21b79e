import Engine
import Metainfo
import PeerProtocol
import PluginKit
import Storage
import TestSupport

/// A real artifact in a temporary folder: random files, their torrent, and what every block of it is.
struct TestArtifact {
  let folder: TemporaryDirectory
  let torrent: Torrent
  let facts: ArtifactFacts
  let reader: ArtifactReader
  /// The torrent's bytes, pads as zeroes.
  let stream: [UInt8]

  init(
    _ files: KeyValuePairs<String, Int> = ["a.bin": 70_000], id: Int64 = 1, name: String = "app", pieceLength: Int = 32_768,
    version: TorrentVersion = .v1, leases: LeaseKeeper? = nil, device: UInt64? = nil
  ) throws {
    var random = SeededGenerator(seed: UInt64(id))
    folder = try TemporaryDirectory("engine")
    for (path, length) in files { try folder.write(random.bytes(length), to: "\(name)/\(path)") }
    let scan = try ArtifactScan.scan(path: folder.path(name))
    let blueprint = try TorrentBlueprint(
      name: scan.name, isSingleFile: false, files: scan.torrentFiles, pieceLength: pieceLength, version: version)
    let hashed = try ArtifactHasher.hash(blueprint: blueprint, scan: scan, threads: 1)
    torrent = try blueprint.finish(pieceHashes: hashed.pieceHashes, pieceLayers: hashed.pieceLayers).torrent
    // As the node has it: peers see a v2-only torrent with its gaps filled by pad files.
    let padded = PaddedLayout(torrent.layout)
    facts = ArtifactFacts(id: id, infoHash: torrent.infoHash, name: name, labels: [:], isPrivate: true, layout: padded.layout)
    reader = ArtifactReader(
      layout: padded.layout, root: scan.root, paths: padded.arranged(hashed.paths, padding: []),
      identities: padded.arranged(hashed.identities.map { $0.on(device) }, padding: nil),
      cache: DescriptorCache(capacity: 8, leases: leases))
    var stream = [UInt8](repeating: 0, count: Int(padded.layout.span))
    for (file, offset) in zip(padded.layout.files, padded.layout.fileOffsets) where !file.isPadding {
      let content = try folder.read("\(name)/\(file.displayPath)")
      stream.replaceSubrange(Int(offset)..<Int(offset) + content.count, with: content)
    }
    self.stream = stream
  }

  var layout: PieceLayout { facts.layout }
  var infoHash: SHA1Digest { torrent.infoHash.preferredWire }

  func seeded(have: Bitfield? = nil) -> SeededArtifact {
    SeededArtifact(facts: facts, torrent: torrent, reader: reader, have: have ?? Bitfield(count: layout.pieceCount, filled: true))
  }

  /// All blocks of the usual length, in order; the last of a piece may be short.
  var blocks: [Block] {
    (0..<layout.pieceCount).flatMap { piece in
      let end = layout.length(ofPiece: piece) ?? 0
      return stride(from: 0, to: end, by: Block.standardLength).map {
        Block(piece: UInt32(piece), offset: UInt32($0), length: UInt32(min(Block.standardLength, end - $0)))
      }
    }
  }

  func bytes(of block: Block) -> [UInt8] {
    let begin = Int(block.piece) * layout.pieceLength + Int(block.offset)
    return Array(stream[begin..<begin + Int(block.length)])
  }
}

extension FileIdentity? {
  /// The same on another device, where one is named: no such file can be read.
  fileprivate func on(_ device: UInt64?) -> FileIdentity? {
    guard let device, let own = self else { return self }
    return FileIdentity(device: device, inode: own.inode, size: own.size, modified: own.modified, changed: own.changed)
  }
}
