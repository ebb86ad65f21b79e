import Foundation
import GRDB
import Metainfo
import Testing

@testable import Inventory

/// What an inventory of before knows of its SSL torrents after migration 004, and what a new one does.
struct Migration004Tests {
  private static let root = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"

  private func torrent(_ name: String, root: String?) throws -> (torrent: Torrent, bytes: [UInt8]) {
    let blueprint = try TorrentBlueprint(
      name: name, isSingleFile: true, files: [TorrentFile(path: [name], length: 10)], pieceLength: 16_384, version: .v1,
      sslCertificate: root)
    return try blueprint.finish(pieceHashes: [UInt8](repeating: 7, count: 20), pieceLayers: [:])
  }

  /// An inventory as migration 003 left it, with a row for each torrent.
  private func old(_ path: String, _ torrents: [(torrent: Torrent, bytes: [UInt8])]) throws {
    try InventoryFile.prepare(at: path)
    let pool = try DatabasePool(path: path)
    try InventorySchema.migrator.migrate(pool, upTo: "003-plugin-values")
    try pool.write { db in
      for (torrent, bytes) in torrents {
        try db.execute(
          sql: """
            INSERT INTO artifacts (name, info_hash_v1, piece_length, piece_count, size, file_count, is_private, data_root, state, added_at,
              state_at) VALUES (?, ?, 16384, 1, 10, 1, 1, '/srv', 'ready', 1, 1)
            """, arguments: ["our \(torrent.name)", torrent.infoHash.v1.map { Data($0.bytes) }])
        try db.execute(
          sql: "INSERT INTO torrents (artifact_id, bytes) VALUES (?, ?)", arguments: [db.lastInsertedRowID, Data(bytes)])
      }
      try db.execute(sql: "INSERT INTO artifact_labels (artifact_id, key, value) VALUES (2, 'channel', 'stable'), (1, 'a', 'b')")
    }
    try pool.close()
  }

  private func isSSL(_ database: InventoryDatabase) throws -> [Bool] {
    var found: [Bool] = []
    try database.forEachSummary { _, _ in
    } _: {
      found.append($0.isSSL)
    }
    return found
  }

  @Test func `Roots of SSL torrents that were there are known without reading torrents`() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("inventory.sqlite")
    let ssl = try torrent("ssl", root: Self.root)
    let damaged = (try torrent("damaged", root: Self.root + "\n").torrent, Array("8:ssl-cert5:short".utf8))
    try old(path, [try torrent("plain", root: nil), ssl, damaged, try torrent("8:ssl-cert", root: nil)])
    let database = try InventoryDatabase.open(path: path)
    let known = SSLArtifact(
      id: ArtifactID(rawValue: 2), infoHash: ssl.torrent.infoHash, name: "our ssl", torrentName: "ssl", labels: ["channel": "stable"],
      rootCertificate: Self.root)
    #expect(try database.sslArtifacts() == [known])
    #expect(try isSSL(database) == [false, true, false, false])
    #expect(try database.artifacts().map(\.isSSL) == [false, true, false, false])
    #expect(try database.holding(of: known.id).artifact.isSSL)
    #expect(try database.summary(of: known.id).summary.isSSL)
    #expect(try !database.summary(of: ArtifactID(rawValue: 1)).summary.isSSL)
    try database.checkIntegrity()
  }

  @Test func `An SSL torrent is known from when it is added until it is removed`() throws {
    let database = try InventoryDatabase.inMemory()
    let ssl = try torrent("ssl", root: Self.root)
    let data = ArtifactData(dataRoot: "/srv", torrentPath: nil, files: [], evidence: nil, state: .ready)
    try database.add(try Made.artifact(1), at: .noon)
    let id = try database.add(NewArtifact(torrent: ssl.torrent, torrentBytes: ssl.bytes, name: "mine", data: data), at: .noon).id
    #expect(try database.sslArtifacts(id).map(\.name) == ["mine"])
    #expect(try database.sslArtifacts(ArtifactID(rawValue: 1)).isEmpty)
    #expect(try isSSL(database) == [false, true])
    try database.remove(id)
    #expect(try database.rows("SELECT * FROM ssl_torrents").isEmpty)
    try database.checkIntegrity()
  }

  @Test(arguments: [
    "UPDATE ssl_torrents SET root_certificate = ''", "UPDATE ssl_torrents SET torrent_name = ''",
    "UPDATE ssl_torrents SET root_certificate = NULL", "UPDATE ssl_torrents SET artifact_id = 9",
  ])
  func `The schema itself refuses what makes no sense`(sql: String) throws {
    let database = try InventoryDatabase.inMemory()
    let ssl = try torrent("ssl", root: Self.root)
    let data = ArtifactData(dataRoot: "/srv", torrentPath: nil, files: [], evidence: nil, state: .ready)
    try database.add(NewArtifact(torrent: ssl.torrent, torrentBytes: ssl.bytes, data: data), at: .noon)
    #expect { try database.execute(sql) } throws: { ($0 as? DatabaseError)?.resultCode == .SQLITE_CONSTRAINT }
  }

  @Test func `SSL torrents have the schema that was released, and are found without looking at the others`() throws {
    let database = try InventoryDatabase.inMemory()
    let own = "SELECT sql || ';' FROM sqlite_master WHERE name LIKE 'ssl_torrents%'"
    #expect(try database.rows(own) == [[ExpectedSchema.sslTorrents]])
    let plan = try database.rows("EXPLAIN QUERY PLAN SELECT a.id FROM ssl_torrents s CROSS JOIN artifacts a ON a.id = s.artifact_id")
    #expect(plan.contains { $0.joined().contains("SCAN s") }, "\(plan)")
    #expect(plan.contains { $0.joined().contains("SEARCH a USING INTEGER PRIMARY KEY") }, "\(plan)")
  }
}
