import GRDB

/// What plugins keep across restarts. Released: never edited, only followed by further migrations.
enum Migration003 {
  static func run(_ db: Database) throws {
    try db.execute(sql: values)
    let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    try db.execute(sql: "PRAGMA user_version = \(version + 1)")
  }

  private static let values = """
    CREATE TABLE plugin_values (
      plugin TEXT NOT NULL CHECK (plugin <> ''),
      key TEXT NOT NULL CHECK (key <> '' AND length(key) <= 512),
      value BLOB NOT NULL CHECK (length(value) <= 4096),
      updated_at INTEGER NOT NULL,
      PRIMARY KEY (plugin, key)
    ) STRICT, WITHOUT ROWID;

    CREATE VIEW plugin_values_view AS
    SELECT plugin, key, lower(hex(value)) AS value, strftime('%Y-%m-%dT%H:%M:%fZ', updated_at / 1e9, 'unixepoch') AS updated_at
    FROM plugin_values;
    """
}
