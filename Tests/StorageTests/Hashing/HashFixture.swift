import Glibc
import Metainfo
import TestSupport
import Testing

@testable import Storage

/// A folder of random files, its scan, the layout that a torrent of it has, and what its hashes are.
struct HashFixture {
  let folder: TemporaryDirectory
  let scan: ScannedArtifact
  let version: TorrentVersion
  let layout: PieceLayout
  /// By index into the layout's files.
  let contents: [[UInt8]]

  /// - Parameter lengths: of the files `000`, `001` and so on.
  init(_ lengths: [Int], pieceLength: Int, version: TorrentVersion, seed: UInt64 = 1) throws {
    var random = SeededGenerator(seed: seed)
    folder = try TemporaryDirectory("hash")
    var written: [String: [UInt8]] = [:]
    for (index, length) in lengths.enumerated() {
      let name = Self.name(index)
      written[name] = random.bytes(length)
      try folder.write(written[name] ?? [], to: "artifact/\(name)")
      try Self.age(folder.path("artifact/\(name)"))
    }
    scan = try ArtifactScan.scan(path: folder.path("artifact"))
    self.version = version
    layout = Self.layout(scan.torrentFiles, pieceLength, version)
    contents = layout.files.map { $0.isPadding ? [UInt8](repeating: 0, count: Int($0.length)) : written[$0.displayPath] ?? [] }
  }

  private static func name(_ index: Int) -> String { String("00\(index)".suffix(3)) }

  /// Makes the file's last change an old one, so that the next cannot fall into the same tick of the kernel's clock.
  private static func age(_ path: String) throws {
    let times = [timespec(tv_sec: 1_000_000_000, tv_nsec: 0), timespec(tv_sec: 1_000_000_000, tv_nsec: 0)]
    try #require(utimensat(AT_FDCWD, path, times, 0) == 0)
  }

  private static func layout(_ files: [TorrentFile], _ pieceLength: Int, _ version: TorrentVersion) -> PieceLayout {
    guard version == .hybrid else { return PieceLayout(files: files, pieceLength: pieceLength, isFileAligned: version == .v2) }
    var padded: [TorrentFile] = []
    for (index, file) in files.enumerated() {
      padded.append(file)
      let over = Int(file.length) % pieceLength
      if over > 0, index + 1 < files.count {
        padded.append(TorrentFile(path: [".pad", "\(pieceLength - over)"], length: Int64(pieceLength - over), isPadding: true))
      }
    }
    return PieceLayout(files: padded, pieceLength: pieceLength, isFileAligned: false)
  }

  func hash(
    threads: Int = 2, _ progress: @escaping @Sendable (HashProgress) -> Void = { _ in },
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws -> HashedArtifact {
    try ArtifactHasher.hash(layout: layout, version: version, scan: scan, threads: threads, progress, isCancelled)
  }

  var pieceHashes: [UInt8] {
    version.hasV1 ? NaiveHashes.pieces(contents.flatMap { $0 }, pieceLength: layout.pieceLength) : []
  }

  var pieceLayers: [Int: [UInt8]] {
    guard version.hasV2 else { return [:] }
    let files = layout.files.indices.filter { !layout.files[$0].isPadding && layout.files[$0].length > 0 }
    return Dictionary(uniqueKeysWithValues: files.map { ($0, NaiveHashes.pieceLayer(contents[$0], pieceLength: layout.pieceLength)) })
  }

  /// A torrent of these files, made of naive hashes.
  func torrent() throws -> Torrent {
    let files = layout.files.enumerated().map { index, file in
      let root = version.hasV2 && !file.isPadding && file.length > 0 ? NaiveHashes.fileRoot(contents[index]) : nil
      return TorrentFile(path: file.path, length: file.length, isPadding: file.isPadding, piecesRoot: root)
    }
    var layers: [SHA256Digest: [UInt8]] = [:]
    for (index, layer) in pieceLayers where files[index].length > Int64(layout.pieceLength) {
      if let root = files[index].piecesRoot { layers[root] = layer }
    }
    let infoHash = InfoHash(v1: version.hasV1 ? .zero : nil, v2: version.hasV2 ? .zero : nil)
    return Torrent(
      infoHash: try #require(infoHash), name: "artifact", isSingleFile: false,
      layout: PieceLayout(files: files, pieceLength: layout.pieceLength, isFileAligned: layout.isFileAligned), isPrivate: true,
      source: nil, trackers: [], webSeeds: [], infoBytes: [], pieceHashes: pieceHashes, pieceLayers: layers)
  }
}
