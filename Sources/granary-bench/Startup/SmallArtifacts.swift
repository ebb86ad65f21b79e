import ArgumentParser
import Foundation
import Inventory
import Metainfo
import Storage

/// Many artifacts of one 16 KiB file each, verified in an inventory: what a start is measured with.
struct SmallArtifacts {
  /// The 20-byte forms that a probe names, in the order of the artifacts.
  private(set) var infoHashes: [SHA1Digest] = []
  /// Their .torrent files, each with the folder of its data, where they were asked for.
  private(set) var torrentFiles: [(torrent: String, folder: String)] = []
  static let size = 16_384

  enum Trackers: String, ExpressibleByArgument, CaseIterable { case dead, none }

  private static let perTransaction = 2_000

  /// Makes `count` of them below `data`, and an inventory of them in the state directory; .torrent files below `torrents`, if anywhere.
  init(_ count: Int, data: String, state: String, torrents: String? = nil, trackers: Trackers = .dead) throws {
    if let torrents { try FileManager.default.createDirectory(atPath: torrents, withIntermediateDirectories: true) }
    try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let database = try InventoryDatabase.open(path: state + "/inventory.sqlite")
    for first in stride(from: 0, to: count, by: Self.perTransaction) {
      let made = try (first..<min(count, first + Self.perTransaction)).map { try Self.make($0, data, trackers) }
      try database.add(made, at: .now())
      infoHashes += made.map(\.torrent.infoHash.preferredWire)
      for (number, artifact) in made.enumerated() {
        guard let path = torrents.map({ "\($0)/\(first + number).torrent" }) else { continue }
        try PlainFile.write(artifact.torrentBytes, to: path)
        torrentFiles.append((path, artifact.data.dataRoot))
      }
    }
    try database.close()
  }

  /// Writes the configuration of a node that serves them; gives its path.
  static func configuration(_ folder: String, port: Int, further: [String]) throws -> String {
    let lines =
      [
        "node: { state: \"\(folder)/state\" }", "listen: [{ address: \"127.0.0.1:\(port)\" }]",
        "artifacts: { roots: [\"\(folder)/data\"] }",
        "origins: [tracker.invalid]",
      ] + further + [
        "pipeline:", "  - allowlist: { addresses: [127.0.0.0/8] }", "  - gate: { on_request: [{}] }", "  - metadata", "",
      ]
    let path = folder + "/granary.yaml"
    try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  private static func make(_ number: Int, _ data: String, _ trackers: Trackers) throws -> NewArtifact {
    let folder = "\(data)/\(number / 1000)"
    if number % 1000 == 0 { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
    let name = "artifact-\(number).bin"
    try PlainFile.write(content(number), to: "\(folder)/\(name)")
    let scan = try ArtifactScan.scan(path: "\(folder)/\(name)")
    let blueprint = try TorrentBlueprint(
      name: name, isSingleFile: true, files: scan.torrentFiles, pieceLength: size, version: .hybrid,
      trackers: trackers == .dead ? [["http://tracker.invalid/announce"]] : [])
    let hashed = try ArtifactHasher.hash(blueprint: blueprint, scan: scan, threads: 1)
    let (torrent, bytes) = try blueprint.finish(pieceHashes: hashed.pieceHashes, pieceLayers: hashed.pieceLayers)
    let identities = Dictionary(
      uniqueKeysWithValues: hashed.identities.enumerated().compactMap { index, value in value.map { (index, $0) } })
    let evidence = Evidence(
      pieces: Bitfield(count: torrent.layout.pieceCount, filled: true), verifiedAt: .now(), method: .verified)
    return NewArtifact(
      torrent: torrent, torrentBytes: bytes,
      data: ArtifactData(
        dataRoot: scan.root, torrentPath: nil, files: ArtifactFile.files(of: torrent, identities: identities), evidence: evidence,
        state: .ready))
  }

  private static func content(_ number: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: size)
    withUnsafeBytes(of: UInt64(number)) { bytes.replaceSubrange(0..<8, with: $0) }
    return bytes
  }
}

private enum PlainFile {
  /// Without the wait for the disk that a hundred thousand small files would mean.
  static func write(_ bytes: [UInt8], to path: String) throws {
    guard FileManager.default.createFile(atPath: path, contents: Data(bytes)) else { throw CocoaError(.fileWriteUnknown) }
  }
}
