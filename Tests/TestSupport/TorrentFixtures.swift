import Metainfo
import OpenSSL

/// Torrents for tests, hashed here by the plainest code there could be, so that it can be compared with the real one.
package enum TorrentFixtures {
  /// A file of a torrent to be made.
  package struct File: Sendable {
    package let path: [String]
    package let content: [UInt8]
    package let isExecutable: Bool
    package let symlinkTarget: [String]?

    package init(_ path: String, _ content: [UInt8] = [], isExecutable: Bool = false, symlinkTo target: String? = nil) {
      self.path = path.split(separator: "/").map(String.init)
      (self.content, self.isExecutable) = (content, isExecutable)
      symlinkTarget = target.map { $0.split(separator: "/").map(String.init) }
    }

    package var entry: TorrentFile {
      TorrentFile(path: path, length: Int64(content.count), isExecutable: isExecutable, symlinkTarget: symlinkTarget)
    }
  }

  /// Reproducible content of any length.
  package static func content(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    return generator.bytes(count)
  }

  /// Files that show most of what a torrent can hold: sizes around a piece of 16 KiB, an empty file, folders, a name that is not
  /// ASCII, an executable, a symlink.
  package static let sampleFiles: [File] = [
    File("readme.txt", content(1000)),
    File("bin/tool", content(40_000, seed: 2), isExecutable: true),
    File("bin.d/empty"),
    File("data/exact", content(32_768, seed: 3)),
    File("data/größe.bin", content(16_385, seed: 4)),
    File("latest", symlinkTo: "data/exact"),
  ]

  /// A torrent of these files, or of one file where `files` has one and `isSingleFile` says so.
  package static func torrent(
    _ version: TorrentVersion = .v1, name: String = "sample", files: [File] = sampleFiles, isSingleFile: Bool = false,
    pieceLength: Int? = 16_384, isPrivate: Bool = true, source: String? = nil, trackers: [[String]] = [], webSeeds: [String] = [],
    sslCertificate: String? = nil
  ) throws -> (torrent: Torrent, bytes: [UInt8]) {
    let blueprint = try TorrentBlueprint(
      name: name, isSingleFile: isSingleFile, files: files.map(\.entry), pieceLength: pieceLength, version: version,
      isPrivate: isPrivate, source: source, trackers: trackers, webSeeds: webSeeds, sslCertificate: sslCertificate)
    let contents = Dictionary(files.map { ($0.entry.displayPath, $0.content) }) { $1 }
    return try blueprint.finish(
      pieceHashes: version.hasV1 ? pieceHashes(blueprint.layout, contents) : [],
      pieceLayers: version.hasV2 ? pieceLayers(blueprint.layout, contents) : [:])
  }

  /// The bytes that v1 pieces are cut from: the files one after the other, with zeroes for pad files.
  package static func stream(_ layout: PieceLayout, _ contents: [String: [UInt8]]) -> [UInt8] {
    layout.files.reduce(into: []) { stream, file in
      stream += file.isPadding ? [UInt8](repeating: 0, count: Int(file.length)) : contents[file.displayPath] ?? []
    }
  }

  private static func pieceHashes(_ layout: PieceLayout, _ contents: [String: [UInt8]]) -> [UInt8] {
    chunks(stream(layout, contents), of: layout.pieceLength).flatMap { SHA1Digest.hash(of: $0).bytes }
  }

  private static func pieceLayers(_ layout: PieceLayout, _ contents: [String: [UInt8]]) -> [Int: [UInt8]] {
    var layers: [Int: [UInt8]] = [:]
    for (index, file) in layout.files.enumerated() where file.length > 0 && !file.isPadding {
      layers[index] = layer(contents[file.displayPath] ?? [], pieceLength: layout.pieceLength)
    }
    return layers
  }

  /// A file's piece layer; where it fits in one piece, its root.
  package static func layer(_ content: [UInt8], pieceLength: Int) -> [UInt8] {
    let leaves = chunks(content, of: Block.standardLength).map { SHA256Digest.hash(of: $0) }
    guard content.count > pieceLength else { return MerkleTree.root(leaves: leaves).bytes }
    let perPiece = pieceLength / Block.standardLength
    return stride(from: 0, to: leaves.count, by: perPiece).flatMap { first in
      let piece = Array(leaves[first..<min(first + perPiece, leaves.count)])
      return MerkleTree.pieceRoot(leaves: piece, pieceLength: pieceLength)?.bytes ?? []
    }
  }

  private static func chunks(_ bytes: [UInt8], of length: Int) -> [ArraySlice<UInt8>] {
    stride(from: 0, to: bytes.count, by: length).map { bytes[$0..<min($0 + length, bytes.count)] }
  }
}
