import GRDB

/// Artifacts that are being fetched. Released: never edited, only followed by further migrations.
enum Migration007 {
  static func run(_ db: Database) throws {
    try allowFetching(db)
    try db.execute(sql: fetches)
    try db.execute(sql: "PRAGMA user_version = 7")
  }

  /// One more state. SQLite cannot alter a constraint; what it recommends for a change that touches no row is to rewrite the table's text
  /// (https://www.sqlite.org/lang_altertable.html, "Making Other Kinds Of Table Schema Changes").
  private static func allowFetching(_ db: Database) throws {
    let version = try Int.fetchOne(db, sql: "PRAGMA schema_version") ?? 0
    try db.execute(sql: "PRAGMA writable_schema = ON")
    try db.execute(
      sql: """
        UPDATE sqlite_schema SET sql = replace(sql, '''failed'', ''paused'')', '''failed'', ''paused'', ''fetching'')')
        WHERE type = 'table' AND name = 'artifacts'
        """)
    try db.execute(sql: "PRAGMA schema_version = \(version + 1)")
    try db.execute(sql: "PRAGMA writable_schema = OFF")
  }

  private static let fetches = """
    CREATE TABLE fetches (
      artifact_id INTEGER PRIMARY KEY REFERENCES artifacts (id) ON DELETE CASCADE,
      files TEXT CHECK (files <> ''),
      peers TEXT NOT NULL CHECK (peers <> ''),
      began_at INTEGER NOT NULL
    ) STRICT;
    """
}
