import Foundation
import GRDB
import Metainfo
import Testing

@testable import Inventory

struct SchemaTests {
  private static let dump = """
    SELECT group_concat(sql || ';', char(10)) FROM (
      SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'grdb_%' ORDER BY type, name)
    """

  @Test func `The migrated schema is the one that was released`() throws {
    let second = try DatabaseQueue()
    try InventorySchema.migrator.migrate(second, upTo: "002-summaries")
    #expect(try second.read { try String.fetchOne($0, sql: Self.dump) } == ExpectedSchema.after002)
    let database = try InventoryDatabase.inMemory()
    #expect(try database.rows("PRAGMA user_version") == [["\(InventorySchema.migrator.migrations.count)"]])
    #expect(
      InventorySchema.migrator.migrations == [
        "001-inventory", "002-summaries", "003-plugin-values", "004-ssl-torrents", "005-journal-chain", "006-pending", "007-fetches",
        "008-catalogues",
      ])
  }

  @Test func `Plugins' values have the schema that was released`() throws {
    let own = Self.dump.replacing("ORDER BY type", with: "AND name LIKE 'plugin_values%' ORDER BY type")
    #expect(try InventoryDatabase.inMemory().rows(own)[0][0] == ExpectedSchema.pluginValues)
  }

  @Test(arguments: [
    "UPDATE plugin_values SET plugin = ''", "UPDATE plugin_values SET key = ''", "UPDATE plugin_values SET value = zeroblob(4097)",
    "UPDATE plugin_values SET value = NULL", "UPDATE plugin_values SET value = 'text'",
  ])
  func `Plugins' values are bounded by the schema itself`(sql: String) throws {
    let database = try InventoryDatabase.inMemory()
    try database.keep([PluginValueChange(plugin: "quota", key: "a", value: [1])], at: .noon)
    #expect { try database.execute(sql) } throws: { ($0 as? DatabaseError)?.resultCode == .SQLITE_CONSTRAINT }
    #expect(try database.rows("SELECT * FROM plugin_values_view") == [["quota", "a", "01", "2026-11-22T16:40:00.000Z"]])
  }

  @Test(arguments: 0...InventorySchema.migrator.migrations.count)
  func `An inventory of each older version becomes one of today with what it held`(migrations: Int) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("inventory.sqlite")
    try InventoryFile.prepare(at: path)
    let old = try DatabasePool(path: path)
    if migrations > 0 {
      try InventorySchema.migrator.migrate(old, upTo: InventorySchema.migrator.migrations[migrations - 1])
      try old.write { try $0.execute(sql: "INSERT INTO runs (started_at, pid, version) VALUES (5, 6, '1.0')") }
    }
    try old.close()
    let database = try InventoryDatabase.open(path: path)
    #expect(try database.rows(Self.dump) == InventoryDatabase.inMemory().rows(Self.dump))
    #expect(try database.runs().map(\.pid) == (migrations > 0 ? [6] : []))
    try database.add(Made.artifact(1), at: .noon)
    try database.checkIntegrity()
  }

  @Test(arguments: [
    "UPDATE artifacts SET name = ''", "UPDATE artifacts SET name = NULL", "UPDATE artifacts SET info_hash_v1 = x'00'",
    "UPDATE artifacts SET info_hash_v1 = '01234567890123456789'", "UPDATE artifacts SET info_hash_v2 = x'00'",
    "UPDATE artifacts SET info_hash_v1 = NULL, info_hash_v2 = NULL", "UPDATE artifacts SET piece_length = 0",
    "UPDATE artifacts SET piece_count = -1",
    "UPDATE artifacts SET size = -1", "UPDATE artifacts SET file_count = -1", "UPDATE artifacts SET is_private = 2",
    "UPDATE artifacts SET data_root = ''", "UPDATE artifacts SET state = 'asleep'", "UPDATE artifacts SET added_at = 'yesterday'",
    "UPDATE torrents SET bytes = x''", "UPDATE torrents SET artifact_id = 9", "UPDATE artifact_labels SET key = ''",
    "UPDATE files SET path = ''", "UPDATE files SET length = -1", "UPDATE files SET file_index = -1", "UPDATE files SET inode = NULL",
    "UPDATE files SET path = 'same'", "UPDATE evidence SET pieces = x'0000'", "UPDATE evidence SET verified_pieces = 9",
    "UPDATE evidence SET method = 'guessed'", "UPDATE principals SET kind = 'friend'", "UPDATE principals SET name = ''",
    "INSERT INTO principals (kind, name, first_seen, last_seen) SELECT kind, name, 0, 0 FROM principals", "UPDATE transfers SET bytes = -1",
    "UPDATE transfers SET blocks = -1", "UPDATE transfers SET principal_id = 9", "UPDATE journal SET count = 0",
    "UPDATE journal SET refused = 2", "UPDATE journal SET info_hash = 'abc'", "UPDATE journal SET verdict = NULL",
    "UPDATE runs SET ended_at = 1",
  ])
  func `The schema itself refuses what makes no sense`(sql: String) throws {
    let database = try filled()
    #expect { try database.execute(sql) } throws: { ($0 as? DatabaseError)?.resultCode == .SQLITE_CONSTRAINT }
    try database.checkIntegrity()
  }

  @Test(arguments: [
    "UPDATE journal_chain SET kind = 'other'", "UPDATE journal_chain SET hash = x'00'", "UPDATE journal_chain SET hash = NULL",
    "UPDATE journal_chain SET signature = x'00'", "UPDATE journal_chain SET journal_id = NULL WHERE kind = 'open'",
    "UPDATE journal_chain SET journal_id = 1 WHERE kind = 'begin'", "UPDATE journal_chain SET signature = zeroblob(64) WHERE kind = 'open'",
    "UPDATE journal_chain SET body = zeroblob(257)",
  ])
  func `Links are bounded by the schema itself`(sql: String) throws {
    let database = try filled()
    #expect { try database.execute(sql) } throws: { ($0 as? DatabaseError)?.resultCode == .SQLITE_CONSTRAINT }
  }

  @Test func `What waits for operators has the schema that was released`() throws {
    let names = ["pending", "rejections", "approvals"].map { "name LIKE '\($0)%'" }.joined(separator: " OR ")
    let own = Self.dump.replacing("ORDER BY type", with: "AND (\(names)) ORDER BY type")
    #expect(try InventoryDatabase.inMemory().rows(own)[0][0] == ExpectedSchema.pending)
  }

  @Test(arguments: [
    "UPDATE pending SET id = 'short'", "UPDATE pending SET trust = ''", "UPDATE pending SET name = ''",
    "UPDATE pending SET info_hash = 'ab'",
    "UPDATE pending SET artifact = NULL", "UPDATE pending SET last_seen = first_seen - 1", "UPDATE pending SET count = 0",
    "UPDATE rejections SET until_at = at", "UPDATE rejections SET reason = ''", "UPDATE approvals SET until_at = at",
    "UPDATE approvals SET operations = ''", "UPDATE approvals SET info_hash = NULL, artifact = NULL", "UPDATE approvals SET reason = ''",
    "UPDATE approvals SET approved_by = ''", "UPDATE approvals SET name = replace(hex(zeroblob(300)), '00', 'ab')",
  ])
  func `What waits for operators is bounded by the schema itself`(sql: String) throws {
    let database = try InventoryDatabase.inMemory()
    let entries = try (1...3).map { try Made.entry("edge-\($0)", artifact: $0) }
    try database.note(entries)
    _ = try database.approve(entries[1].wish.id, Made.terms())
    _ = try database.rejectWish(entries[2].wish.id, Made.terms())
    #expect { try database.execute(sql) } throws: { ($0 as? DatabaseError)?.resultCode == .SQLITE_CONSTRAINT }
  }

  @Test func `The journal's chain has the schema that was released`() throws {
    let database = try InventoryDatabase.inMemory()
    let own = Self.dump.replacing("ORDER BY type", with: "AND (name LIKE 'journal_chain%' OR name = 'journal_open') ORDER BY type")
    #expect(try database.rows(own)[0][0] == ExpectedSchema.journalChain)
    #expect(try database.rows("SELECT type FROM pragma_table_info('journal') WHERE name = 'open_until'") == [["INTEGER"]])
    let plan = try database.rows("EXPLAIN QUERY PLAN SELECT id FROM journal WHERE open_until <= 5 ORDER BY open_until, id LIMIT 9")
    #expect(plan.contains { $0.joined().contains("journal_open") }, "\(plan)")
  }

  @Test func `Operators read names, hexadecimal and ISO times from the views`() throws {
    let database = try filled()
    let noon = "2026-11-22T16:40:00.000Z"
    #expect(
      try database.rows("SELECT * FROM artifacts_view") == [
        [
          "1", "tools", Made.hash(1), String(repeating: "ab", count: 32), "ready", "", "80000", "2", "16384", "6", "6", noon, "1",
          "team=build, tier=1", "/srv/artifacts", "/srv/torrents/tools.torrent", noon, noon,
        ]
      ])
    #expect(
      try database.rows("SELECT artifact, file_index, path, length, modified_at FROM files_view") == [
        ["tools", "0", "tools/part-0", "40000", noon], ["tools", "2", "tools/part-1", "40000", noon],
      ])
    #expect(try database.rows("SELECT * FROM principals_view") == [["1", "address", "10.0.0.1", noon, noon, "7", "1"]])
    #expect(try database.rows("SELECT * FROM transfers_view") == [["address", "10.0.0.1", "1", "tools", "7", "1", noon, noon]])
    #expect(
      try database.rows("SELECT * FROM journal_view") == [
        [
          "1", noon, noon, "1", "1", "deny", "connect", "address 10.0.0.1", "10.0.0.1", "artifact-1", Made.hash(1), "allowlist",
          "addresses",
          "not listed", "granary.yaml:7:3", "3", "null",
        ]
      ])
    #expect(try database.rows("SELECT * FROM runs_view") == [["1", noon, "null", "42", "1.0", "null", "null"]])
  }

  @Test func `Hashes of a v1-only artifact without evidence or labels are null where they are not`() throws {
    let database = try InventoryDatabase.inMemory()
    let torrent = try Made.torrent("plain", v1: Made.hash(1))
    let data = ArtifactData(dataRoot: "/srv", torrentPath: nil, files: [], evidence: nil, state: .verifying)
    try database.add(NewArtifact(torrent: torrent, torrentBytes: [1], data: data), at: .noon)
    let columns = "info_hash_v2, verified_pieces, verified_at, labels, torrent_path"
    #expect(try database.rows("SELECT \(columns) FROM artifacts_view") == [["null", "null", "null", "null", "null"]])
  }

  private func filled() throws -> InventoryDatabase {
    let database = try InventoryDatabase.inMemory()
    let torrent = try Made.torrent("tools", v1: Made.hash(1), v2: String(repeating: "ab", count: 32))
    let id = try database.add(Made.artifact(torrent, labels: ["tier": "1", "team": "build"]), at: .noon).id
    try database.record([Made.delta(artifact: id, bytes: 7)])
    try database.append([Made.refusal(0)], mergingWithin: .zero)
    _ = try database.beginRun(pid: 42, version: "1.0", at: .noon)
    return database
  }
}
