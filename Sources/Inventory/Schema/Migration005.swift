import GRDB

/// The chain over the journal. Rows that are there already stay outside of it: what nobody has vouched for then cannot be vouched for now.
/// Released: never edited, only followed by further migrations.
enum Migration005 {
  static func run(_ db: Database) throws {
    try db.execute(sql: chain)
    try db.execute(sql: "PRAGMA user_version = 5")
  }

  // A row of the journal is open for as long as equal refusals may be counted in it.
  private static let chain = """
    ALTER TABLE journal ADD COLUMN open_until INTEGER;
    CREATE INDEX journal_open ON journal (open_until) WHERE open_until IS NOT NULL;

    CREATE TABLE journal_chain (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      kind TEXT NOT NULL CHECK (kind IN ('begin', 'row', 'open', 'many', 'closed', 'checkpoint', 'pruned')),
      journal_id INTEGER,
      body BLOB CHECK (length(body) <= 256),
      hash BLOB NOT NULL CHECK (length(hash) = 32),
      signature BLOB CHECK (length(signature) = 64),
      CHECK ((kind IN ('row', 'open', 'many', 'closed')) = (journal_id IS NOT NULL)),
      CHECK (signature IS NULL OR kind IN ('begin', 'checkpoint', 'pruned'))
    ) STRICT;
    CREATE INDEX journal_chain_closings ON journal_chain (journal_id) WHERE kind = 'closed';
    CREATE INDEX journal_chain_prunings ON journal_chain (seq) WHERE kind = 'pruned';
    CREATE INDEX journal_chain_signatures ON journal_chain (seq) WHERE signature IS NOT NULL;

    CREATE VIEW journal_chain_view AS
    SELECT seq, kind, journal_id, lower(hex(hash)) AS hash, signature IS NOT NULL AS signed FROM journal_chain;
    """
}
