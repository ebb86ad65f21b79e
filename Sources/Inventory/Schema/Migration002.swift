import Foundation
import GRDB
import Metainfo

/// What a node must know of every artifact when it starts, without reading torrents or pieces: its trackers, and its evidence in short.
enum Migration002 {
  static func run(_ db: Database) throws {
    try db.execute(sql: trackers)
    try fill(db)
    try db.execute(sql: upkeep)
    try db.execute(sql: evidence)
    try db.execute(sql: "PRAGMA user_version = 2")
  }

  // Most artifacts of a node have the same trackers: each list is stored once.
  private static let trackers = """
    CREATE TABLE tracker_lists (
      id INTEGER PRIMARY KEY,
      tiers TEXT NOT NULL UNIQUE CHECK (tiers <> '')
    ) STRICT;
    ALTER TABLE artifacts ADD COLUMN tracker_list_id INTEGER REFERENCES tracker_lists (id);
    CREATE INDEX artifacts_by_tracker_list ON artifacts (tracker_list_id) WHERE tracker_list_id IS NOT NULL;
    """

  private static let upkeep = """
    CREATE TRIGGER tracker_list_ends_with_artifact AFTER DELETE ON artifacts WHEN old.tracker_list_id IS NOT NULL
    BEGIN
      DELETE FROM tracker_lists WHERE id = old.tracker_list_id
        AND NOT EXISTS (SELECT 1 FROM artifacts WHERE tracker_list_id = old.tracker_list_id);
    END;
    CREATE TRIGGER tracker_list_ends_with_use AFTER UPDATE OF tracker_list_id ON artifacts WHEN old.tracker_list_id IS NOT new.tracker_list_id
    BEGIN
      DELETE FROM tracker_lists WHERE id = old.tracker_list_id
        AND NOT EXISTS (SELECT 1 FROM artifacts WHERE tracker_list_id = old.tracker_list_id);
    END;
    """

  // All that a start needs of the evidence, apart from the pieces, which may be long.
  private static let evidence = """
    CREATE INDEX evidence_in_short ON evidence (artifact_id, verified_pieces, method);
    """

  /// The trackers of the torrents that are there. One that cannot be read is announced nowhere, and fails when it is to be served.
  private static func fill(_ db: Database) throws {
    for id in try Int64.fetchAll(db, sql: "SELECT artifact_id FROM torrents ORDER BY artifact_id") {
      guard let bytes = try Data.fetchOne(db, sql: "SELECT bytes FROM torrents WHERE artifact_id = ?", arguments: [id]),
        let torrent = try? Torrent.decode([UInt8](bytes)).torrent
      else { continue }
      try TrackerLists.set(torrent.trackers, of: id, db)
    }
  }
}
