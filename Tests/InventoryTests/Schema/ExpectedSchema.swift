/// The schema after each migration, frozen: what is released is never edited.
enum ExpectedSchema {
  static let pluginValues = """
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

  static let sslTorrents = """
    CREATE TABLE ssl_torrents (
      artifact_id INTEGER PRIMARY KEY REFERENCES artifacts (id) ON DELETE CASCADE,
      torrent_name TEXT NOT NULL CHECK (torrent_name <> ''),
      root_certificate TEXT NOT NULL CHECK (root_certificate <> '')
    ) STRICT;
    """

  static let journalChain = """
    CREATE INDEX journal_chain_closings ON journal_chain (journal_id) WHERE kind = 'closed';
    CREATE INDEX journal_chain_prunings ON journal_chain (seq) WHERE kind = 'pruned';
    CREATE INDEX journal_chain_signatures ON journal_chain (seq) WHERE signature IS NOT NULL;
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
    CREATE VIEW journal_chain_view AS
    SELECT seq, kind, journal_id, lower(hex(hash)) AS hash, signature IS NOT NULL AS signed FROM journal_chain;
    """

  static let pending = """
    CREATE INDEX pending_by_identity ON pending (trust, name, last_seen);
    CREATE INDEX pending_by_last_seen ON pending (last_seen);
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
    CREATE VIEW approvals_view AS
    SELECT id, trust || '/' || name AS principal, artifact, info_hash, operations, approved_by, reason,
      strftime('%Y-%m-%dT%H:%M:%fZ', at / 1e9, 'unixepoch') AS at,
      strftime('%Y-%m-%dT%H:%M:%fZ', until_at / 1e9, 'unixepoch') AS until_at
    FROM approvals;
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
    """

  static let after001 = """
    CREATE INDEX artifact_labels_by_label ON artifact_labels (key, value);
    CREATE INDEX artifacts_by_name ON artifacts (name);
    CREATE INDEX artifacts_by_state ON artifacts (state);
    CREATE INDEX evidence_by_age ON evidence (verified_at);
    CREATE INDEX journal_by_address ON journal (address);
    CREATE INDEX journal_by_info_hash ON journal (info_hash);
    CREATE INDEX journal_by_merge_key ON journal (merge_key) WHERE refused = 1;
    CREATE INDEX journal_by_principal ON journal (principal);
    CREATE INDEX journal_by_time ON journal (last_at);
    CREATE INDEX principals_by_last_seen ON principals (last_seen);
    CREATE INDEX runs_open ON runs (id) WHERE why_ended IS NULL;
    CREATE INDEX transfers_by_artifact ON transfers (artifact_id);
    CREATE TABLE artifact_labels (
      artifact_id INTEGER NOT NULL REFERENCES artifacts (id) ON DELETE CASCADE,
      key TEXT NOT NULL CHECK (key <> ''),
      value TEXT NOT NULL,
      PRIMARY KEY (artifact_id, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE artifacts (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL CHECK (name <> ''),
      info_hash_v1 BLOB UNIQUE CHECK (length(info_hash_v1) = 20),
      info_hash_v2 BLOB UNIQUE CHECK (length(info_hash_v2) = 32),
      piece_length INTEGER NOT NULL CHECK (piece_length > 0),
      piece_count INTEGER NOT NULL CHECK (piece_count >= 0),
      size INTEGER NOT NULL CHECK (size >= 0),
      file_count INTEGER NOT NULL CHECK (file_count >= 0),
      is_private INTEGER NOT NULL CHECK (is_private IN (0, 1)),
      torrent_path TEXT,
      data_root TEXT NOT NULL CHECK (data_root <> ''),
      state TEXT NOT NULL CHECK (state IN ('ready', 'verifying', 'changed', 'missing', 'failed', 'paused')),
      state_reason TEXT NOT NULL DEFAULT '',
      added_at INTEGER NOT NULL,
      state_at INTEGER NOT NULL,
      CHECK (info_hash_v1 IS NOT NULL OR info_hash_v2 IS NOT NULL)
    ) STRICT;
    CREATE TABLE evidence (
      artifact_id INTEGER PRIMARY KEY REFERENCES artifacts (id) ON DELETE CASCADE,
      pieces BLOB NOT NULL,
      verified_pieces INTEGER NOT NULL CHECK (verified_pieces >= 0 AND verified_pieces <= 8 * length(pieces)),
      verified_at INTEGER NOT NULL,
      method TEXT NOT NULL CHECK (method IN ('hashed', 'verified'))
    ) STRICT;
    CREATE TABLE files (
      artifact_id INTEGER NOT NULL REFERENCES artifacts (id) ON DELETE CASCADE,
      file_index INTEGER NOT NULL CHECK (file_index >= 0),
      path TEXT NOT NULL CHECK (path <> ''),
      length INTEGER NOT NULL CHECK (length >= 0),
      device INTEGER,
      inode INTEGER,
      size INTEGER,
      modified_ns INTEGER,
      changed_ns INTEGER,
      PRIMARY KEY (artifact_id, file_index),
      UNIQUE (artifact_id, path),
      CHECK (
        (device IS NULL) = (inode IS NULL) AND (device IS NULL) = (size IS NULL)
        AND (device IS NULL) = (modified_ns IS NULL) AND (device IS NULL) = (changed_ns IS NULL)
      )
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE journal (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL,
      last_at INTEGER NOT NULL,
      count INTEGER NOT NULL CHECK (count >= 1),
      refused INTEGER NOT NULL CHECK (refused IN (0, 1)),
      verdict TEXT NOT NULL,
      operation TEXT NOT NULL,
      principal TEXT,
      address TEXT,
      info_hash TEXT CHECK (length(info_hash) = 40),
      artifact TEXT,
      plugin TEXT,
      rule TEXT,
      reason TEXT,
      place TEXT,
      policy_generation INTEGER,
      facts TEXT,
      merge_key INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE principals (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      kind TEXT NOT NULL CHECK (kind IN ('address', 'identity', 'key')),
      name TEXT NOT NULL CHECK (name <> ''),
      first_seen INTEGER NOT NULL,
      last_seen INTEGER NOT NULL,
      UNIQUE (kind, name)
    ) STRICT;
    CREATE TABLE runs (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      started_at INTEGER NOT NULL,
      ended_at INTEGER CHECK (ended_at IS NULL OR why_ended IS NOT NULL),
      pid INTEGER NOT NULL,
      version TEXT NOT NULL,
      why_ended TEXT,
      report TEXT
    ) STRICT;
    CREATE TABLE torrents (
      artifact_id INTEGER PRIMARY KEY REFERENCES artifacts (id) ON DELETE CASCADE,
      bytes BLOB NOT NULL CHECK (length(bytes) > 0)
    ) STRICT;
    CREATE TABLE transfers (
      principal_id INTEGER NOT NULL REFERENCES principals (id) ON DELETE CASCADE,
      artifact_id INTEGER NOT NULL REFERENCES artifacts (id) ON DELETE CASCADE,
      bytes INTEGER NOT NULL CHECK (bytes >= 0),
      blocks INTEGER NOT NULL CHECK (blocks >= 0),
      first_at INTEGER NOT NULL,
      last_at INTEGER NOT NULL,
      PRIMARY KEY (principal_id, artifact_id)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER evidence_ends_with_file AFTER DELETE ON files
    BEGIN
      DELETE FROM evidence WHERE artifact_id = old.artifact_id;
    END;
    CREATE TRIGGER evidence_ends_with_identity AFTER UPDATE OF path, length, device, inode, size, modified_ns, changed_ns ON files
    WHEN (old.path, old.length, old.device, old.inode, old.size, old.modified_ns, old.changed_ns)
      IS NOT (new.path, new.length, new.device, new.inode, new.size, new.modified_ns, new.changed_ns)
    BEGIN
      DELETE FROM evidence WHERE artifact_id = new.artifact_id;
    END;
    CREATE TRIGGER evidence_ends_with_new_file AFTER INSERT ON files
    BEGIN
      DELETE FROM evidence WHERE artifact_id = new.artifact_id;
    END;
    CREATE TRIGGER evidence_ends_with_place AFTER UPDATE OF data_root ON artifacts WHEN old.data_root <> new.data_root
    BEGIN
      DELETE FROM evidence WHERE artifact_id = new.id;
    END;
    CREATE TRIGGER evidence_fits BEFORE INSERT ON evidence
    WHEN length(new.pieces) <> (SELECT (piece_count + 7) / 8 FROM artifacts WHERE id = new.artifact_id)
    BEGIN
      SELECT RAISE(ABORT, 'evidence does not have a bit for each piece');
    END;
    CREATE TRIGGER evidence_still_fits BEFORE UPDATE ON evidence
    WHEN length(new.pieces) <> (SELECT (piece_count + 7) / 8 FROM artifacts WHERE id = new.artifact_id)
    BEGIN
      SELECT RAISE(ABORT, 'evidence does not have a bit for each piece');
    END;
    CREATE VIEW artifacts_view AS
    SELECT a.id, a.name, nullif(lower(hex(a.info_hash_v1)), '') AS info_hash_v1,
      nullif(lower(hex(a.info_hash_v2)), '') AS info_hash_v2,
      a.state, a.state_reason, a.size, a.file_count, a.piece_length, a.piece_count, e.verified_pieces,
      strftime('%Y-%m-%dT%H:%M:%fZ', e.verified_at / 1e9, 'unixepoch') AS verified_at, a.is_private AS private,
      (SELECT group_concat(key || '=' || value, ', ') FROM (SELECT key, value FROM artifact_labels WHERE artifact_id = a.id ORDER BY key))
        AS labels,
      a.data_root, a.torrent_path, strftime('%Y-%m-%dT%H:%M:%fZ', a.added_at / 1e9, 'unixepoch') AS added_at,
      strftime('%Y-%m-%dT%H:%M:%fZ', a.state_at / 1e9, 'unixepoch') AS state_at
    FROM artifacts a LEFT JOIN evidence e ON e.artifact_id = a.id;
    CREATE VIEW files_view AS
    SELECT f.artifact_id, a.name AS artifact, f.file_index, f.path, f.length, f.device, f.inode, f.size,
      strftime('%Y-%m-%dT%H:%M:%fZ', f.modified_ns / 1e9, 'unixepoch') AS modified_at,
      strftime('%Y-%m-%dT%H:%M:%fZ', f.changed_ns / 1e9, 'unixepoch') AS changed_at
    FROM files f JOIN artifacts a ON a.id = f.artifact_id;
    CREATE VIEW journal_view AS
    SELECT id, strftime('%Y-%m-%dT%H:%M:%fZ', at / 1e9, 'unixepoch') AS at,
      strftime('%Y-%m-%dT%H:%M:%fZ', last_at / 1e9, 'unixepoch') AS last_at, count, refused, verdict, operation, principal, address,
      artifact, info_hash, plugin, rule, reason, place, policy_generation, facts
    FROM journal;
    CREATE VIEW principals_view AS
    SELECT p.id, p.kind, p.name, strftime('%Y-%m-%dT%H:%M:%fZ', p.first_seen / 1e9, 'unixepoch') AS first_seen,
      strftime('%Y-%m-%dT%H:%M:%fZ', p.last_seen / 1e9, 'unixepoch') AS last_seen,
      coalesce((SELECT sum(bytes) FROM transfers WHERE principal_id = p.id), 0) AS bytes,
      coalesce((SELECT sum(blocks) FROM transfers WHERE principal_id = p.id), 0) AS blocks
    FROM principals p;
    CREATE VIEW runs_view AS
    SELECT id, strftime('%Y-%m-%dT%H:%M:%fZ', started_at / 1e9, 'unixepoch') AS started_at,
      strftime('%Y-%m-%dT%H:%M:%fZ', ended_at / 1e9, 'unixepoch') AS ended_at, pid, version, why_ended, report
    FROM runs;
    CREATE VIEW transfers_view AS
    SELECT p.kind AS principal_kind, p.name AS principal, t.artifact_id, a.name AS artifact, t.bytes, t.blocks,
      strftime('%Y-%m-%dT%H:%M:%fZ', t.first_at / 1e9, 'unixepoch') AS first_at,
      strftime('%Y-%m-%dT%H:%M:%fZ', t.last_at / 1e9, 'unixepoch') AS last_at
    FROM transfers t JOIN principals p ON p.id = t.principal_id JOIN artifacts a ON a.id = t.artifact_id;
    """

  static let after002 = """
    CREATE INDEX artifact_labels_by_label ON artifact_labels (key, value);
    CREATE INDEX artifacts_by_name ON artifacts (name);
    CREATE INDEX artifacts_by_state ON artifacts (state);
    CREATE INDEX artifacts_by_tracker_list ON artifacts (tracker_list_id) WHERE tracker_list_id IS NOT NULL;
    CREATE INDEX evidence_by_age ON evidence (verified_at);
    CREATE INDEX evidence_in_short ON evidence (artifact_id, verified_pieces, method);
    CREATE INDEX journal_by_address ON journal (address);
    CREATE INDEX journal_by_info_hash ON journal (info_hash);
    CREATE INDEX journal_by_merge_key ON journal (merge_key) WHERE refused = 1;
    CREATE INDEX journal_by_principal ON journal (principal);
    CREATE INDEX journal_by_time ON journal (last_at);
    CREATE INDEX principals_by_last_seen ON principals (last_seen);
    CREATE INDEX runs_open ON runs (id) WHERE why_ended IS NULL;
    CREATE INDEX transfers_by_artifact ON transfers (artifact_id);
    CREATE TABLE artifact_labels (
      artifact_id INTEGER NOT NULL REFERENCES artifacts (id) ON DELETE CASCADE,
      key TEXT NOT NULL CHECK (key <> ''),
      value TEXT NOT NULL,
      PRIMARY KEY (artifact_id, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE artifacts (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL CHECK (name <> ''),
      info_hash_v1 BLOB UNIQUE CHECK (length(info_hash_v1) = 20),
      info_hash_v2 BLOB UNIQUE CHECK (length(info_hash_v2) = 32),
      piece_length INTEGER NOT NULL CHECK (piece_length > 0),
      piece_count INTEGER NOT NULL CHECK (piece_count >= 0),
      size INTEGER NOT NULL CHECK (size >= 0),
      file_count INTEGER NOT NULL CHECK (file_count >= 0),
      is_private INTEGER NOT NULL CHECK (is_private IN (0, 1)),
      torrent_path TEXT,
      data_root TEXT NOT NULL CHECK (data_root <> ''),
      state TEXT NOT NULL CHECK (state IN ('ready', 'verifying', 'changed', 'missing', 'failed', 'paused')),
      state_reason TEXT NOT NULL DEFAULT '',
      added_at INTEGER NOT NULL,
      state_at INTEGER NOT NULL, tracker_list_id INTEGER REFERENCES tracker_lists (id),
      CHECK (info_hash_v1 IS NOT NULL OR info_hash_v2 IS NOT NULL)
    ) STRICT;
    CREATE TABLE evidence (
      artifact_id INTEGER PRIMARY KEY REFERENCES artifacts (id) ON DELETE CASCADE,
      pieces BLOB NOT NULL,
      verified_pieces INTEGER NOT NULL CHECK (verified_pieces >= 0 AND verified_pieces <= 8 * length(pieces)),
      verified_at INTEGER NOT NULL,
      method TEXT NOT NULL CHECK (method IN ('hashed', 'verified'))
    ) STRICT;
    CREATE TABLE files (
      artifact_id INTEGER NOT NULL REFERENCES artifacts (id) ON DELETE CASCADE,
      file_index INTEGER NOT NULL CHECK (file_index >= 0),
      path TEXT NOT NULL CHECK (path <> ''),
      length INTEGER NOT NULL CHECK (length >= 0),
      device INTEGER,
      inode INTEGER,
      size INTEGER,
      modified_ns INTEGER,
      changed_ns INTEGER,
      PRIMARY KEY (artifact_id, file_index),
      UNIQUE (artifact_id, path),
      CHECK (
        (device IS NULL) = (inode IS NULL) AND (device IS NULL) = (size IS NULL)
        AND (device IS NULL) = (modified_ns IS NULL) AND (device IS NULL) = (changed_ns IS NULL)
      )
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE journal (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL,
      last_at INTEGER NOT NULL,
      count INTEGER NOT NULL CHECK (count >= 1),
      refused INTEGER NOT NULL CHECK (refused IN (0, 1)),
      verdict TEXT NOT NULL,
      operation TEXT NOT NULL,
      principal TEXT,
      address TEXT,
      info_hash TEXT CHECK (length(info_hash) = 40),
      artifact TEXT,
      plugin TEXT,
      rule TEXT,
      reason TEXT,
      place TEXT,
      policy_generation INTEGER,
      facts TEXT,
      merge_key INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE principals (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      kind TEXT NOT NULL CHECK (kind IN ('address', 'identity', 'key')),
      name TEXT NOT NULL CHECK (name <> ''),
      first_seen INTEGER NOT NULL,
      last_seen INTEGER NOT NULL,
      UNIQUE (kind, name)
    ) STRICT;
    CREATE TABLE runs (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      started_at INTEGER NOT NULL,
      ended_at INTEGER CHECK (ended_at IS NULL OR why_ended IS NOT NULL),
      pid INTEGER NOT NULL,
      version TEXT NOT NULL,
      why_ended TEXT,
      report TEXT
    ) STRICT;
    CREATE TABLE torrents (
      artifact_id INTEGER PRIMARY KEY REFERENCES artifacts (id) ON DELETE CASCADE,
      bytes BLOB NOT NULL CHECK (length(bytes) > 0)
    ) STRICT;
    CREATE TABLE tracker_lists (
      id INTEGER PRIMARY KEY,
      tiers TEXT NOT NULL UNIQUE CHECK (tiers <> '')
    ) STRICT;
    CREATE TABLE transfers (
      principal_id INTEGER NOT NULL REFERENCES principals (id) ON DELETE CASCADE,
      artifact_id INTEGER NOT NULL REFERENCES artifacts (id) ON DELETE CASCADE,
      bytes INTEGER NOT NULL CHECK (bytes >= 0),
      blocks INTEGER NOT NULL CHECK (blocks >= 0),
      first_at INTEGER NOT NULL,
      last_at INTEGER NOT NULL,
      PRIMARY KEY (principal_id, artifact_id)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER evidence_ends_with_file AFTER DELETE ON files
    BEGIN
      DELETE FROM evidence WHERE artifact_id = old.artifact_id;
    END;
    CREATE TRIGGER evidence_ends_with_identity AFTER UPDATE OF path, length, device, inode, size, modified_ns, changed_ns ON files
    WHEN (old.path, old.length, old.device, old.inode, old.size, old.modified_ns, old.changed_ns)
      IS NOT (new.path, new.length, new.device, new.inode, new.size, new.modified_ns, new.changed_ns)
    BEGIN
      DELETE FROM evidence WHERE artifact_id = new.artifact_id;
    END;
    CREATE TRIGGER evidence_ends_with_new_file AFTER INSERT ON files
    BEGIN
      DELETE FROM evidence WHERE artifact_id = new.artifact_id;
    END;
    CREATE TRIGGER evidence_ends_with_place AFTER UPDATE OF data_root ON artifacts WHEN old.data_root <> new.data_root
    BEGIN
      DELETE FROM evidence WHERE artifact_id = new.id;
    END;
    CREATE TRIGGER evidence_fits BEFORE INSERT ON evidence
    WHEN length(new.pieces) <> (SELECT (piece_count + 7) / 8 FROM artifacts WHERE id = new.artifact_id)
    BEGIN
      SELECT RAISE(ABORT, 'evidence does not have a bit for each piece');
    END;
    CREATE TRIGGER evidence_still_fits BEFORE UPDATE ON evidence
    WHEN length(new.pieces) <> (SELECT (piece_count + 7) / 8 FROM artifacts WHERE id = new.artifact_id)
    BEGIN
      SELECT RAISE(ABORT, 'evidence does not have a bit for each piece');
    END;
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
    CREATE VIEW artifacts_view AS
    SELECT a.id, a.name, nullif(lower(hex(a.info_hash_v1)), '') AS info_hash_v1,
      nullif(lower(hex(a.info_hash_v2)), '') AS info_hash_v2,
      a.state, a.state_reason, a.size, a.file_count, a.piece_length, a.piece_count, e.verified_pieces,
      strftime('%Y-%m-%dT%H:%M:%fZ', e.verified_at / 1e9, 'unixepoch') AS verified_at, a.is_private AS private,
      (SELECT group_concat(key || '=' || value, ', ') FROM (SELECT key, value FROM artifact_labels WHERE artifact_id = a.id ORDER BY key))
        AS labels,
      a.data_root, a.torrent_path, strftime('%Y-%m-%dT%H:%M:%fZ', a.added_at / 1e9, 'unixepoch') AS added_at,
      strftime('%Y-%m-%dT%H:%M:%fZ', a.state_at / 1e9, 'unixepoch') AS state_at
    FROM artifacts a LEFT JOIN evidence e ON e.artifact_id = a.id;
    CREATE VIEW files_view AS
    SELECT f.artifact_id, a.name AS artifact, f.file_index, f.path, f.length, f.device, f.inode, f.size,
      strftime('%Y-%m-%dT%H:%M:%fZ', f.modified_ns / 1e9, 'unixepoch') AS modified_at,
      strftime('%Y-%m-%dT%H:%M:%fZ', f.changed_ns / 1e9, 'unixepoch') AS changed_at
    FROM files f JOIN artifacts a ON a.id = f.artifact_id;
    CREATE VIEW journal_view AS
    SELECT id, strftime('%Y-%m-%dT%H:%M:%fZ', at / 1e9, 'unixepoch') AS at,
      strftime('%Y-%m-%dT%H:%M:%fZ', last_at / 1e9, 'unixepoch') AS last_at, count, refused, verdict, operation, principal, address,
      artifact, info_hash, plugin, rule, reason, place, policy_generation, facts
    FROM journal;
    CREATE VIEW principals_view AS
    SELECT p.id, p.kind, p.name, strftime('%Y-%m-%dT%H:%M:%fZ', p.first_seen / 1e9, 'unixepoch') AS first_seen,
      strftime('%Y-%m-%dT%H:%M:%fZ', p.last_seen / 1e9, 'unixepoch') AS last_seen,
      coalesce((SELECT sum(bytes) FROM transfers WHERE principal_id = p.id), 0) AS bytes,
      coalesce((SELECT sum(blocks) FROM transfers WHERE principal_id = p.id), 0) AS blocks
    FROM principals p;
    CREATE VIEW runs_view AS
    SELECT id, strftime('%Y-%m-%dT%H:%M:%fZ', started_at / 1e9, 'unixepoch') AS started_at,
      strftime('%Y-%m-%dT%H:%M:%fZ', ended_at / 1e9, 'unixepoch') AS ended_at, pid, version, why_ended, report
    FROM runs;
    CREATE VIEW transfers_view AS
    SELECT p.kind AS principal_kind, p.name AS principal, t.artifact_id, a.name AS artifact, t.bytes, t.blocks,
      strftime('%Y-%m-%dT%H:%M:%fZ', t.first_at / 1e9, 'unixepoch') AS first_at,
      strftime('%Y-%m-%dT%H:%M:%fZ', t.last_at / 1e9, 'unixepoch') AS last_at
    FROM transfers t JOIN principals p ON p.id = t.principal_id JOIN artifacts a ON a.id = t.artifact_id;
    """
}
