import Foundation
import Inventory
import Metainfo
import Storage

/// What `publish` and `add` do before anything is written into the inventory.
struct Publisher: Sendable {
  /// How a torrent is to be made.
  struct Order: Sendable {
    var path: String
    var name: String?
    var version: TorrentVersion
    var pieceLength: Int?
    var source: String?
    var trackers: [String]
    var webSeeds: [String]
    var labels: [String: String]
    var isPrivate: Bool
    var isPortable: Bool
    var skipSymlinks: Bool
    var output: String?
    /// The root of the peers' certificates in PEM, for an SSL torrent.
    var sslRoot: String?
  }

  let roots: RootsPolicy
  let paths: NodePaths
  let threads: Int

  /// Hashes a file or folder below the roots and writes its .torrent.
  func publish(_ order: Order) throws -> (found: Found, warnings: [String]) {
    try Self.publish(order, roots: roots, threads: threads) { paths.torrents + "/\($0.infoHash).torrent" }
  }

  /// Hashes a file or folder.
  ///
  /// - Parameters:
  ///   - roots: where it may lie; nil: anywhere.
  ///   - place: where the .torrent is written if the order does not say; nil: nowhere.
  static func publish(
    _ order: Order, roots: RootsPolicy? = nil, threads: Int = ProcessInfo.processInfo.activeProcessorCount,
    place: (Torrent) -> String? = { _ in nil }
  ) throws -> (found: Found, warnings: [String]) {
    let scan = try ArtifactScan.scan(path: order.path, options: ScanOptions(skipSymlinks: order.skipSymlinks))
    try roots?.check(scan.root + "/" + scan.name)
    let blueprint = try blueprint(order, scan)
    let bar = ProgressBar("hashing")
    defer { bar.finish() }
    let hashed = try ArtifactHasher.hash(blueprint: blueprint, scan: scan, threads: max(1, threads), progress: bar.update)
    let (torrent, bytes) = try blueprint.finish(pieceHashes: hashed.pieceHashes, pieceLayers: hashed.pieceLayers)
    // What we made must be what we would take from anybody else; this is also where names are judged.
    let decoded = try Torrent.decode(bytes, options: TorrentDecodingOptions(portable: order.isPortable))
    let output = order.output.map { URL(fileURLWithPath: $0).standardizedFileURL.path } ?? place(torrent)
    let file = try output.map { try write(bytes, to: $0) }
    let found = Found(
      torrent: torrent, torrentBytes: bytes, torrentPath: file, name: torrent.name, root: scan.root, paths: hashed.paths,
      identities: hashed.identities, pieces: Bitfield(count: torrent.layout.pieceCount, filled: true), labels: order.labels,
      isPublished: true, problem: nil)
    return (found, scan.warnings.map(\.description) + decoded.warnings.map { "\($0)" })
  }

  /// Compares data with a torrent that was made elsewhere.
  func add(torrentFile: String, data: String, name: String?, labels: [String: String], isPortable: Bool) throws -> (Found, [String]) {
    let bytes = try Self.read(torrentFile)
    let decoded = try Self.decode(bytes, file: torrentFile, isPortable: isPortable)
    let root = URL(fileURLWithPath: data).standardizedFileURL.path
    try roots.check(root)
    let stored = paths.torrents + "/\(decoded.torrent.infoHash).torrent"
    try AtomicFile.write(bytes, to: stored)
    let found = verify(
      decoded.torrent, bytes, torrentPath: stored, name: name ?? decoded.torrent.name, root: root, paths: nil, labels: labels,
      isPublished: false)
    guard !found.pieces.isEmpty || decoded.torrent.layout.pieceCount == 0 else {
      throw Failure(.badData, "nothing below \(root) is data of \(torrentFile): \(found.problem ?? "no piece verifies")")
    }
    return (found, decoded.warnings.map { "\($0)" })
  }

  /// Compares the data on disk with the torrent, whatever comes of it.
  func verify(
    _ torrent: Torrent, _ bytes: [UInt8], torrentPath: String?, name: String, root: String, paths: [[String]]?, labels: [String: String],
    isPublished: Bool, isShown: Bool = Console.isTerminal, manner: ReadingManner = .eager,
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) -> Found {
    let bar = ProgressBar("verifying", isShown: isShown)
    defer { bar.finish() }
    let verified = ArtifactVerifier.verify(
      torrent: torrent, root: root, paths: paths, threads: threads, manner: manner, progress: bar.update, isCancelled: isCancelled)
    return Found(
      torrent: torrent, torrentBytes: bytes, torrentPath: torrentPath, name: name, root: root, paths: verified.paths,
      identities: verified.identities, pieces: verified.pieces, labels: labels, isPublished: isPublished,
      problem: Self.problem(verified, torrent, root), obstacle: Obstacle(verified))
  }

  /// The bytes of a .torrent file.
  static func read(_ path: String) throws -> [UInt8] {
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw Failure(.inputMissing, "\(path): cannot be read: \(String(cString: strerror(errno)))")
    }
    defer { try? handle.close() }
    let limit = TorrentDecodingOptions().limits.bencode.size
    let data = try handle.read(upToCount: limit + 1) ?? Data()
    guard data.count <= limit else { throw Failure(.badData, "\(path): longer than the \(ByteText.describe(Int64(limit))) of a torrent") }
    return Array(data)
  }

  /// A torrent, with the file's name before what is wrong with it.
  static func decode(_ bytes: [UInt8], file: String, isPortable: Bool = false) throws -> DecodedTorrent {
    do {
      return try Torrent.decode(bytes, options: TorrentDecodingOptions(portable: isPortable))
    } catch {
      throw Failure(.badData, "\(error)", place: file)
    }
  }

  private static func blueprint(_ order: Order, _ scan: ScannedArtifact) throws -> TorrentBlueprint {
    try TorrentBlueprint(
      name: order.name ?? scan.name, isSingleFile: scan.isSingleFile, files: scan.torrentFiles, pieceLength: order.pieceLength,
      version: order.version, isPrivate: order.isPrivate, source: order.source, trackers: order.trackers.map { [$0] },
      webSeeds: order.webSeeds, sslCertificate: order.sslRoot)
  }

  private static func write(_ bytes: [UInt8], to path: String) throws -> String {
    do {
      try AtomicFile.write(bytes, to: path)
    } catch {
      throw Failure(error.isOfDisk ? .diskIO : .cannotCreate, "\(error)")
    }
    return path
  }

  private static func problem(_ verified: VerifiedArtifact, _ torrent: Torrent, _ root: String) -> String? {
    guard !verified.isComplete else { return nil }
    let pieces = "\(verified.pieces.population) of \(verified.pieces.count) pieces verify"
    guard let first = verified.problems.first else {
      return ([pieces] + [verified.firstBadPiece(in: torrent.layout, root: root)].compactMap { $0 }).joined(separator: "; ")
    }
    let more = verified.problems.count > 1 ? " (and \(verified.problems.count - 1) more)" : ""
    return "\(pieces); \(first.error)\(more)"
  }
}

extension StorageError {
  /// Whether the disk is at fault (full, read-only, failing), and not the path.
  fileprivate var isOfDisk: Bool {
    guard case .failed(_, _, _, let number) = self else { return false }
    return [ENOSPC, EDQUOT, EROFS, EIO].contains(number)
  }
}
