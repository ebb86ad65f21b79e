import Foundation
import GRDB
import Metainfo
import Testing

@testable import Inventory

/// What an inventory of before knows after migration 002.
struct Migration002Tests {
  /// A torrent of one file that can be read again.
  private func torrent(_ name: String, trackers: [[String]]) throws -> (torrent: Torrent, bytes: [UInt8]) {
    let blueprint = try TorrentBlueprint(
      name: name, isSingleFile: true, files: [TorrentFile(path: [name], length: 10)], pieceLength: 16_384, version: .v1, trackers: trackers)
    return try blueprint.finish(pieceHashes: [UInt8](repeating: 7, count: 20), pieceLayers: [:])
  }

  /// An inventory as migration 001 left it, with a row for each torrent.
  private func old(_ path: String, _ torrents: [(torrent: Torrent, bytes: [UInt8])]) throws {
    try InventoryFile.prepare(at: path)
    let pool = try DatabasePool(path: path)
    try InventorySchema.migrator.migrate(pool, upTo: "001-inventory")
    try pool.write { db in
      for (torrent, bytes) in torrents {
        try db.execute(
          sql: """
            INSERT INTO artifacts (name, info_hash_v1, piece_length, piece_count, size, file_count, is_private, data_root, state, added_at,
              state_at) VALUES (?, ?, 16384, 1, 10, 1, 1, '/srv', 'ready', 1, 1)
            """, arguments: [torrent.name, torrent.infoHash.v1.map { Data($0.bytes) }])
        try db.execute(
          sql: "INSERT INTO torrents (artifact_id, bytes) VALUES (?, ?)", arguments: [db.lastInsertedRowID, Data(bytes)])
      }
      try db.execute(
        sql: "INSERT INTO evidence (artifact_id, pieces, verified_pieces, verified_at, method) VALUES (1, x'80', 1, 5, 'hashed')")
    }
    try pool.close()
  }

  private func summaries(_ database: InventoryDatabase) throws -> (lists: [Int64: [[String]]], summaries: [ArtifactSummary]) {
    var (lists, summaries): ([Int64: [[String]]], [ArtifactSummary]) = ([:], [])
    try database.forEachSummary {
      lists = $1
    } _: {
      summaries.append($0)
    }
    return (lists, summaries)
  }

  @Test func `Trackers of torrents that were there are known without reading them`() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("inventory.sqlite")
    let shared = [["http://a/announce", "udp://b:1"], ["http://c/announce"]]
    let damaged = (try torrent("damaged", trackers: shared).torrent, Array("no torrent".utf8))
    try old(
      path,
      [
        try torrent("one", trackers: shared), try torrent("two", trackers: shared), try torrent("none", trackers: []), damaged,
        try torrent("other", trackers: [["http://d/announce"]]),
      ])
    let database = try InventoryDatabase.open(path: path)
    let (lists, found) = try summaries(database)
    #expect(found.map(\.name) == ["one", "two", "none", "damaged", "other"])
    #expect(found.map { $0.trackerList.flatMap { lists[$0] } ?? [] } == [shared, shared, [], [], [["http://d/announce"]]])
    #expect(lists.count == 2)
    #expect(found.map(\.method) == [.hashed, nil, nil, nil, nil])
    #expect(found.map(\.missing) == [0, 10, 10, 10, 10])
    #expect(try database.summary(of: found[0].id).trackers == shared)
    try database.checkIntegrity()
  }

  @Test func `A list of trackers goes with the last artifact that has it`() throws {
    let database = try InventoryDatabase.inMemory()
    let pairs = try (0..<3).map { try torrent("t\($0)", trackers: [["http://a/announce"]]) }
    let data = ArtifactData(dataRoot: "/srv", torrentPath: nil, files: [], evidence: nil, state: .ready)
    try database.add(pairs.map { NewArtifact(torrent: $0.torrent, torrentBytes: $0.bytes, data: data) }, at: .noon)
    let ids = try summaries(database).summaries.map(\.id)
    #expect(try database.rows("SELECT tiers FROM tracker_lists") == [["[[\"http://a/announce\"]]"]])
    let moved = try torrent("t0", trackers: [["http://b/announce"]])
    try database.replaceTorrent(of: ids[0], with: moved.torrent, moved.bytes)
    #expect(try database.summary(of: ids[0]).trackers == [["http://b/announce"]])
    #expect(try database.torrent(of: ids[0]) == moved.bytes)
    try database.remove(ids[1])
    #expect(try summaries(database).lists.count == 2)
    try database.remove(ids[2])
    #expect(try summaries(database).lists.values.sorted { $0.description < $1.description } == [[["http://b/announce"]]])
    let bare = try torrent("t0", trackers: [])
    try database.replaceTorrent(of: ids[0], with: bare.torrent, bare.bytes)
    #expect(try summaries(database).lists.isEmpty)
    try database.checkIntegrity()
  }

  @Test func `All artifacts of a batch are added, or none`() throws {
    let database = try InventoryDatabase.inMemory()
    let batch = [try Made.artifact(1), try Made.artifact(2), try Made.artifact(1)]
    #expect(throws: InventoryError.self) { try database.add(batch, at: .noon) }
    #expect(try database.artifacts().isEmpty)
    try database.add(Array(batch.prefix(2)), at: .noon)
    #expect(try database.artifacts().count == 2)
  }

  @Test func `A summary reads no pieces`() throws {
    let database = try InventoryDatabase.inMemory()
    let plan = try database.rows(
      """
      EXPLAIN QUERY PLAN SELECT e.method, e.verified_pieces FROM artifacts a
      LEFT JOIN evidence e INDEXED BY evidence_in_short ON e.artifact_id = a.id
      """)
    #expect(plan.contains { $0.joined().contains("COVERING INDEX evidence_in_short") }, "\(plan)")
  }
}
