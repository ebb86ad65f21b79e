import GRDB

/// Catalogues: the own one, those that are followed, and what came by them. Released: never edited, only followed by further migrations.
enum Migration008 {
  static func run(_ db: Database) throws {
    try db.execute(sql: tables + views)
    let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    try db.execute(sql: "PRAGMA user_version = \(version + 1)")
  }

  // A serial number that was given out is never given out again, so it is kept apart from what could be made anew.
  // What came by a catalogue is named by its info-hash: it is remembered before it is in the inventory.
  private static let tables = """
    CREATE TABLE catalogue_serial (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      serial INTEGER NOT NULL CHECK (serial > 0)
    ) STRICT;

    CREATE TABLE catalogue_listed (
      info_hash TEXT PRIMARY KEY CHECK (length(info_hash) IN (40, 64))
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE catalogues (
      url TEXT PRIMARY KEY CHECK (url <> ''),
      name TEXT NOT NULL CHECK (name <> ''),
      serial INTEGER NOT NULL CHECK (serial > 0),
      dated_at INTEGER NOT NULL,
      digest BLOB NOT NULL CHECK (length(digest) = 32),
      bytes BLOB NOT NULL CHECK (length(bytes) > 0),
      etag TEXT,
      accepted_at INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE mirrored (
      info_hash TEXT PRIMARY KEY CHECK (length(info_hash) IN (40, 64)),
      info_hash_v1 BLOB CHECK (length(info_hash_v1) = 20),
      info_hash_v2 BLOB CHECK (length(info_hash_v2) = 32),
      name TEXT NOT NULL,
      catalogue TEXT NOT NULL CHECK (catalogue <> ''),
      unwanted_at INTEGER,
      CHECK (info_hash_v1 IS NOT NULL OR info_hash_v2 IS NOT NULL)
    ) STRICT, WITHOUT ROWID;

    """

  private static let views = """
    CREATE VIEW catalogues_view AS
    SELECT url, name, serial, strftime('%Y-%m-%dT%H:%M:%fZ', dated_at / 1e9, 'unixepoch') AS dated_at, lower(hex(digest)) AS digest,
      length(bytes) AS size, etag, strftime('%Y-%m-%dT%H:%M:%fZ', accepted_at / 1e9, 'unixepoch') AS accepted_at
    FROM catalogues;

    CREATE VIEW mirrored_view AS
    SELECT info_hash, name, catalogue, strftime('%Y-%m-%dT%H:%M:%fZ', unwanted_at / 1e9, 'unixepoch') AS unwanted_at
    FROM mirrored;
    """
}
