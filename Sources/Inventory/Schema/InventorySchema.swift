import GRDB

/// The inventory's schema: what its tables mean and how it came to be.
///
/// Times (`*_at`) and a file's `modified_ns` and `changed_ns` are integers: nanoseconds since 1970 UTC. Tables are STRICT. Ids are never
/// used again. Operators read the views, which write times as ISO 8601 and info-hashes in hexadecimal.
///
/// | table | one row is |
/// |---|---|
/// | `artifacts` | what we hold: name, info-hashes (v1 of 20 bytes, v2 of 32, at least one, each unique), shape, where its data and .torrent lie, state and why |
/// | `tracker_lists` | tiers of announce URLs as a JSON array of arrays; `artifacts.tracker_list_id` names one, null for none; a list that no artifact has goes |
/// | `torrents` | an artifact's .torrent, byte for byte; apart, so that lists do not read it |
/// | `ssl_torrents` | an artifact whose torrent has an `ssl-cert`: that root in PEM, and the torrent's own name, which certificates are made out to |
/// | `artifact_labels` | one label, key and value |
/// | `files` | one file of an artifact (pad files left out): path below `data_root`, length, and the identity (device, inode, size, times) last seen, null when unknown |
/// | `evidence` | which pieces are verified (wire bitfield), when and how, **against the identities in `files`**: a trigger deletes it when one of them changes |
/// | `principals` | who we have dealt with: an address, an identity or a key |
/// | `transfers` | what one principal has had of one artifact |
/// | `journal` | one verdict, or several equal refusals: `count` of them between `at` and `last_at`; `open_until`: further ones are counted in it, null once they are not |
/// | `journal_chain` | one link of the hash chain over the journal (`ChainLink`): the row `journal_id` was written or closed, or a signed note |
/// | `plugin_values` | what one plugin of the pipeline keeps under one key |
/// | `pending` | an identity that was refused because no rule is about it and the artifact that it wanted; `info_hash` null: the node itself |
/// | `rejections` | a wish that an operator does not want to see for a while |
/// | `approvals` | what an operator has allowed an identity by hand: `operations` with commas between, until `until_at` |
/// | `fetches` | an artifact in the state `fetching`: the wanted files' indices as a JSON array (null: all) and the peers to dial as one |
/// | `catalogue_serial` | the last serial number that the own catalogue was given |
/// | `catalogue_listed` | an artifact that the own catalogue has listed, by info-hash |
/// | `catalogues` | a catalogue that is followed: what was accepted of it last |
/// | `mirrored` | an artifact that came by a catalogue, by info-hash; `unwanted_at`: since when no rule wants it |
/// | `runs` | one life of the node; `why_ended` is null while it lasts |
///
/// | view | columns |
/// |---|---|
/// | `artifacts_view` | id, name, info_hash_v1, info_hash_v2, state, state_reason, size, file_count, piece_length, piece_count, verified_pieces, verified_at, private, labels, data_root, torrent_path, added_at, state_at |
/// | `files_view` | artifact_id, artifact, file_index, path, length, device, inode, size, modified_at, changed_at |
/// | `transfers_view` | principal_kind, principal, artifact_id, artifact, bytes, blocks, first_at, last_at |
/// | `journal_view` | id, at, last_at, count, refused, verdict, operation, principal, address, artifact, info_hash, plugin, rule, reason, place, policy_generation, facts |
/// | `journal_chain_view` | seq, kind, journal_id, hash, signed |
/// | `plugin_values_view` | plugin, key, value, updated_at |
/// | `pending_view` | id, principal, artifact, info_hash, address, operation, plugin, rule, reason, place, first_seen, last_seen, count |
/// | `rejections_view` | id, principal, artifact, info_hash, rejected_by, reason, at, until_at |
/// | `approvals_view` | id, principal, artifact, info_hash, operations, approved_by, reason, at, until_at |
/// | `catalogues_view` | url, name, serial, dated_at, digest, size, etag, accepted_at |
/// | `mirrored_view` | info_hash, name, catalogue, unwanted_at |
/// | `principals_view` | id, kind, name, first_seen, last_seen, bytes, blocks |
/// | `runs_view` | id, started_at, ended_at, pid, version, why_ended, report |
///
/// Migrations are append-only: one that has been released is never edited, and each has its file. `PRAGMA user_version` is the number of
/// migrations, for tools; their names in `grdb_migrations` are what counts.
enum InventorySchema {
  /// All migrations, oldest first.
  static let migrator: DatabaseMigrator = {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("001-inventory") { try Migration001.run($0) }
    migrator.registerMigration("002-summaries") { try Migration002.run($0) }
    migrator.registerMigration("003-plugin-values") { try Migration003.run($0) }
    migrator.registerMigration("004-ssl-torrents") { try Migration004.run($0) }
    migrator.registerMigration("005-journal-chain") { try Migration005.run($0) }
    migrator.registerMigration("006-pending") { try Migration006.run($0) }
    migrator.registerMigration("007-fetches") { try Migration007.run($0) }
    migrator.registerMigration("008-catalogues") { try Migration008.run($0) }
    return migrator
  }()

  /// Throws `.newerSchema` where the file has migrations that we do not know. Reads only.
  static func refuseNewer(_ db: Database, place: String) throws {
    let unknown = try migrator.appliedIdentifiers(db).subtracting(migrator.migrations)
    guard unknown.isEmpty else { throw InventoryError.newerSchema(place: place, unknown: unknown.sorted()) }
  }

  /// Throws `.olderSchema` where the file lacks one of our migrations. Reads only.
  static func refuseOlder(_ db: Database, place: String) throws {
    let applied = try migrator.appliedIdentifiers(db)
    let missing = migrator.migrations.filter { !applied.contains($0) }
    guard missing.isEmpty else { throw InventoryError.olderSchema(place: place, missing: missing) }
  }
}
