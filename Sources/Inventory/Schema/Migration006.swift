import GRDB

/// Peers that no rule is about, and what operators have said to that. Released: never edited, only followed by further migrations.
enum Migration006 {
  static func run(_ db: Database) throws {
    try db.execute(sql: tables + views)
    try db.execute(sql: "PRAGMA user_version = 6")
  }

  // An artifact is named by its info-hash: it may leave the inventory and come back. Null: the node itself was wanted.
  private static let tables = """
    CREATE TABLE pending (
      id TEXT PRIMARY KEY CHECK (length(id) = 12),
      trust TEXT NOT NULL CHECK (trust <> ''),
      name TEXT NOT NULL CHECK (name <> '' AND length(name) <= 512),
      info_hash TEXT CHECK (length(info_hash) IN (40, 64)),
      artifact TEXT CHECK ((artifact IS NULL) = (info_hash IS NULL)),
      address TEXT NOT NULL,
      operation TEXT NOT NULL,
      plugin TEXT NOT NULL,
      rule TEXT,
      reason TEXT NOT NULL,
      place TEXT,
      first_seen INTEGER NOT NULL,
      last_seen INTEGER NOT NULL CHECK (last_seen >= first_seen),
      count INTEGER NOT NULL CHECK (count >= 1)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX pending_by_last_seen ON pending (last_seen);
    CREATE INDEX pending_by_identity ON pending (trust, name, last_seen);

    CREATE TABLE rejections (
      id TEXT PRIMARY KEY CHECK (length(id) = 12),
      trust TEXT NOT NULL CHECK (trust <> ''),
      name TEXT NOT NULL CHECK (name <> '' AND length(name) <= 512),
      info_hash TEXT CHECK (length(info_hash) IN (40, 64)),
      artifact TEXT CHECK ((artifact IS NULL) = (info_hash IS NULL)),
      rejected_by TEXT NOT NULL CHECK (rejected_by <> ''),
      reason TEXT NOT NULL CHECK (reason <> ''),
      at INTEGER NOT NULL,
      until_at INTEGER NOT NULL CHECK (until_at > at)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE approvals (
      id TEXT PRIMARY KEY CHECK (length(id) = 12),
      trust TEXT NOT NULL CHECK (trust <> ''),
      name TEXT NOT NULL CHECK (name <> '' AND length(name) <= 512),
      info_hash TEXT CHECK (length(info_hash) IN (40, 64)),
      artifact TEXT CHECK ((artifact IS NULL) = (info_hash IS NULL)),
      operations TEXT NOT NULL CHECK (operations <> '' AND (info_hash IS NOT NULL OR operations = 'connect')),
      approved_by TEXT NOT NULL CHECK (approved_by <> ''),
      reason TEXT NOT NULL CHECK (reason <> ''),
      at INTEGER NOT NULL,
      until_at INTEGER NOT NULL CHECK (until_at > at)
    ) STRICT, WITHOUT ROWID;

    """

  private static let views = """
    CREATE VIEW pending_view AS
    SELECT id, trust || '/' || name AS principal, artifact, info_hash, address, operation, plugin, rule, reason, place,
      strftime('%Y-%m-%dT%H:%M:%fZ', first_seen / 1e9, 'unixepoch') AS first_seen,
      strftime('%Y-%m-%dT%H:%M:%fZ', last_seen / 1e9, 'unixepoch') AS last_seen, count
    FROM pending;

    CREATE VIEW rejections_view AS
    SELECT id, trust || '/' || name AS principal, artifact, info_hash, rejected_by, reason,
      strftime('%Y-%m-%dT%H:%M:%fZ', at / 1e9, 'unixepoch') AS at,
      strftime('%Y-%m-%dT%H:%M:%fZ', until_at / 1e9, 'unixepoch') AS until_at
    FROM rejections;

    CREATE VIEW approvals_view AS
    SELECT id, trust || '/' || name AS principal, artifact, info_hash, operations, approved_by, reason,
      strftime('%Y-%m-%dT%H:%M:%fZ', at / 1e9, 'unixepoch') AS at,
      strftime('%Y-%m-%dT%H:%M:%fZ', until_at / 1e9, 'unixepoch') AS until_at
    FROM approvals;
    """
}
