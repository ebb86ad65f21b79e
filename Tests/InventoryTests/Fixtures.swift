import Foundation
import GRDB
import Metainfo
import Testing

@testable import Inventory

/// A folder of the test's own, removed with the value.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("inventory-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }
}

extension TemporaryFolder {
  /// The path of an inventory as it was after that migration, with what `fill` puts into it.
  func inventory(upTo migration: String, _ fill: (Database) throws -> Void) throws -> String {
    let path = file("inventory.sqlite")
    try InventoryFile.prepare(at: path)
    let pool = try DatabasePool(path: path)
    try InventorySchema.migrator.migrate(pool, upTo: migration)
    try pool.write { try fill($0) }
    try pool.close()
    return path
  }
}

extension Timestamp {
  /// 2026-11-22T16:40:00Z.
  static let noon = Timestamp(seconds: 1_795_365_600)

  static func noon(plus seconds: Int) -> Timestamp { noon.advanced(by: .seconds(seconds)) }
}

/// Torrents that are made up: their info-hashes are what the test says.
enum Made {
  static func torrent(_ name: String, v1: String? = nil, v2: String? = nil, files: Int = 2, pieceLength: Int = 16_384) throws -> Torrent {
    let infoHash = try #require(
      InfoHash(v1: v1.flatMap { SHA1Digest(hex: $0) }, v2: v2.flatMap { SHA256Digest(hex: $0) }))
    var entries: [TorrentFile] = []
    for index in 0..<files {
      entries.append(TorrentFile(path: ["part-\(index)"], length: 40_000))
      entries.append(TorrentFile(path: [".pad", "0"], length: 9_152, isPadding: true))
    }
    return Torrent(
      infoHash: infoHash, name: name, isSingleFile: false,
      layout: PieceLayout(files: entries, pieceLength: pieceLength, isFileAligned: false), isPrivate: true, source: nil, trackers: [],
      webSeeds: [], infoBytes: [], pieceHashes: [], pieceLayers: [:])
  }

  static func hash(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 40 - digits.count) + digits
  }

  static func identity(_ number: Int) -> FileIdentity {
    FileIdentity(
      device: .max - 1, inode: UInt64(number) | 1 << 63, size: 40_000, modified: Timestamp.noon.nanoseconds + Int64(number), changed: 7)
  }

  static func identities(of torrent: Torrent) -> [Int: FileIdentity] {
    Dictionary(uniqueKeysWithValues: torrent.layout.files.indices.filter { !torrent.layout.files[$0].isPadding }.map { ($0, identity($0)) })
  }

  static func evidence(of torrent: Torrent, method: Evidence.Method = .hashed) -> Evidence {
    Evidence(pieces: Bitfield(count: torrent.layout.pieceCount, filled: true), verifiedAt: .noon, method: method)
  }

  static func artifact(_ torrent: Torrent, name: String? = nil, labels: [String: String] = [:]) -> NewArtifact {
    let data = ArtifactData(
      dataRoot: "/srv/artifacts", torrentPath: "/srv/torrents/\(torrent.name).torrent",
      files: ArtifactFile.files(of: torrent, identities: identities(of: torrent)), evidence: evidence(of: torrent), state: .ready)
    return NewArtifact(torrent: torrent, torrentBytes: Array("torrent of \(torrent.name)".utf8), name: name, data: data, labels: labels)
  }

  static func artifact(_ number: Int) throws -> NewArtifact { artifact(try torrent("artifact-\(number)", v1: hash(number))) }

  static func refusal(_ seconds: Int, address: String = "10.0.0.1", facts: String? = nil) -> JournalEntry {
    JournalEntry(
      at: .noon(plus: seconds), verdict: "deny", isRefusal: true, operation: "connect", principal: "address \(address)", address: address,
      infoHash: SHA1Digest(hex: hash(1)), artifact: "artifact-1", plugin: "allowlist", rule: "addresses", reason: "not listed",
      place: "granary.yaml:7:3", policyGeneration: 3, facts: facts)
  }
}

extension InventoryDatabase {
  /// Raw SQL, for what no verb does: an operator's look, or a hand in the file.
  func rows(_ sql: String) throws -> [[String]] {
    try read { db in
      try Row.fetchAll(db, sql: sql).map { row in row.databaseValues.map(Self.text) }
    }
  }

  private static func text(_ value: DatabaseValue) -> String {
    switch value.storage {
    case .null: "null"
    case .int64(let number): "\(number)"
    case .double(let number): "\(number)"
    case .string(let text): text
    case .blob(let data): Hex.encode(data)
    }
  }

  func execute(_ sql: String) throws {
    try writer.writeWithoutTransaction { try $0.execute(sql: sql) }
  }
}

extension Made {
  static func delta(
    _ name: String = "10.0.0.1", artifact: ArtifactID, bytes: Int64, blocks: Int64 = 1, from: Int = 0, to: Int = 0
  ) -> TransferDelta {
    TransferDelta(
      principal: Principal(kind: .address, name: name), artifact: artifact, bytes: bytes, blocks: blocks, firstAt: .noon(plus: from),
      lastAt: .noon(plus: to))
  }
}

extension Made {
  /// A refusal of an identity that no rule is about. Artifact 0: none was named.
  static func entry(
    _ name: String = "edge-7", artifact: Int = 1, at seconds: Int = 0, operation: String = "connect", trust: String = "fleet"
  ) throws -> PendingEntry {
    let infoHash = InfoHash(v1: try #require(SHA1Digest(hex: hash(artifact))))
    let wish = try #require(Wish(trust: trust, name: "dns:\(name)", artifact: artifact == 0 ? nil : (infoHash, "artifact-\(artifact)")))
    return PendingEntry(
      wish: wish, address: "10.0.0.1:6881", operation: operation, plugin: "allowlist", rule: nil, reason: "not in the allowlist",
      place: "granary.yaml:7:3", at: .noon(plus: seconds))
  }

  static func terms(_ operations: [String]? = nil, at seconds: Int = 100, for length: Int = 1000) -> ApprovalTerms {
    ApprovalTerms(
      operations: operations, by: "uid 0", reason: "a drill", at: .noon(plus: seconds), until: .noon(plus: seconds + length))
  }
}
