import Foundation
import GRDB
import Metainfo

/// What a node must know of SSL torrents when it starts, without reading torrents: their roots, and the names that certificates are made
/// out to. Released: never edited, only followed by further migrations.
enum Migration004 {
  static func run(_ db: Database) throws {
    try db.execute(sql: table)
    try fill(db)
    try db.execute(sql: "PRAGMA user_version = 4")
  }

  // A table of its own: artifacts that are none cost nothing, and lists do not read certificates.
  private static let table = """
    CREATE TABLE ssl_torrents (
      artifact_id INTEGER PRIMARY KEY REFERENCES artifacts (id) ON DELETE CASCADE,
      torrent_name TEXT NOT NULL CHECK (torrent_name <> ''),
      root_certificate TEXT NOT NULL CHECK (root_certificate <> '')
    ) STRICT;
    """

  /// Those that are there already. The key is looked for first: few torrents have it, and reading them all takes long. One that cannot be
  /// read fails when it is to be served.
  private static func fill(_ db: Database) throws {
    let candidates = "SELECT artifact_id FROM torrents WHERE instr(bytes, CAST('8:ssl-cert' AS BLOB)) > 0 ORDER BY artifact_id"
    for id in try Int64.fetchAll(db, sql: candidates) {
      guard let bytes = try Data.fetchOne(db, sql: "SELECT bytes FROM torrents WHERE artifact_id = ?", arguments: [id]),
        let torrent = try? Torrent.decode([UInt8](bytes)).torrent, let root = torrent.sslCertificate
      else { continue }
      try db.execute(
        sql: "INSERT INTO ssl_torrents (artifact_id, torrent_name, root_certificate) VALUES (?, ?, ?)", arguments: [id, torrent.name, root])
    }
  }
}
