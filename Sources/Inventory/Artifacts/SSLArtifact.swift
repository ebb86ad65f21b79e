import GRDB
import Metainfo

/// An artifact whose torrent is an SSL torrent, with what deciding on its peers' certificates needs.
package struct SSLArtifact: Sendable, Hashable {
  package let id: ArtifactID
  package let infoHash: InfoHash
  /// The operator's name for it.
  package let name: String
  /// The name in the torrent, which certificates are made out to.
  package let torrentName: String
  package let labels: [String: String]
  /// The root in PEM, as it stands in the torrent: it may be no certificate at all.
  package let rootCertificate: String

  package init(
    id: ArtifactID, infoHash: InfoHash, name: String, torrentName: String, labels: [String: String], rootCertificate: String
  ) {
    (self.id, self.infoHash, self.name, self.torrentName) = (id, infoHash, name, torrentName)
    (self.labels, self.rootCertificate) = (labels, rootCertificate)
  }
}

extension InventoryDatabase {
  /// The SSL torrents of an inventory, by id, in one snapshot; of all its artifacts, or of the one given. Artifacts that are none are not
  /// looked at: CROSS JOIN keeps SQLite from beginning with them.
  package func sslArtifacts(_ id: ArtifactID? = nil) throws(InventoryError) -> [SSLArtifact] {
    let condition = id == nil ? "true" : "s.artifact_id = ?"
    let arguments = StatementArguments(id.map { [$0.rawValue] } ?? [])
    return try read { db in
      let labels = try SSLArtifact.labels(db, condition, arguments)
      let rows = try Row.fetchCursor(
        db,
        sql: "SELECT a.id, a.name, a.info_hash_v1, a.info_hash_v2, s.torrent_name, s.root_certificate FROM ssl_torrents s "
          + "CROSS JOIN artifacts a ON a.id = s.artifact_id WHERE \(condition) ORDER BY s.artifact_id", arguments: arguments)
      var artifacts: [SSLArtifact] = []
      while let row = try rows.next() { artifacts.append(try SSLArtifact(row, labels: labels[row.value("id")] ?? [:])) }
      return artifacts
    }
  }
}

extension SSLArtifact {
  /// Notes that a torrent is one, if it is.
  static func insert(_ torrent: Torrent, of id: ArtifactID, _ db: Database) throws {
    guard let root = torrent.sslCertificate else { return }
    try db.execute(
      sql: "INSERT INTO ssl_torrents (artifact_id, torrent_name, root_certificate) VALUES (?, ?, ?)",
      arguments: [id.rawValue, try StoredText.checked(torrent.name, "name"), try StoredText.checked(root, "root certificate")])
  }

  fileprivate init(_ row: Row, labels: [String: String]) throws {
    self.init(
      id: ArtifactID(rawValue: try row.value("id")), infoHash: try row.infoHash(), name: try row.value("name"),
      torrentName: try row.value("torrent_name"), labels: labels, rootCertificate: try row.value("root_certificate"))
  }

  fileprivate static func labels(
    _ db: Database, _ condition: String, _ arguments: StatementArguments
  ) throws -> [Int64: [String: String]] {
    let rows = try Row.fetchCursor(
      db,
      sql: "SELECT l.artifact_id, l.key, l.value FROM ssl_torrents s CROSS JOIN artifact_labels l ON l.artifact_id = s.artifact_id "
        + "WHERE \(condition)", arguments: arguments)
    var labels: [Int64: [String: String]] = [:]
    while let row = try rows.next() {
      let key: String = try row.value("key")
      labels[try row.value("artifact_id"), default: [:]][key] = try row.value("value")
    }
    return labels
  }
}
