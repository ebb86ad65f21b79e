import Foundation
import GRDB
import Metainfo

/// Catalogues that are followed.
extension InventoryDatabase {
  /// What was accepted last of a catalogue; nil for nothing.
  package func catalogue(_ url: String) throws(InventoryError) -> StoredCatalogue? {
    try read { try Row.fetchOne($0, sql: "SELECT * FROM catalogues WHERE url = ?", arguments: [url]).map(StoredCatalogue.init) }
  }

  /// All of them, by URL.
  package func catalogues() throws(InventoryError) -> [StoredCatalogue] {
    try read { try Row.fetchAll($0, sql: "SELECT * FROM catalogues ORDER BY url").map(StoredCatalogue.init) }
  }

  /// Keeps what was accepted in the place of what was before.
  ///
  /// Throws `.invalid` where that would go back behind a serial number: whoever asks has made a mistake, and the last line of defence is here.
  package func keep(_ catalogue: StoredCatalogue) throws(InventoryError) {
    try write { db in
      let last = try Int64.fetchOne(db, sql: "SELECT serial FROM catalogues WHERE url = ?", arguments: [catalogue.url])
      guard last ?? 0 <= catalogue.serial else { throw InventoryError.invalid(problem: "a catalogue's serial number goes back") }
      try db.execute(
        sql: """
          INSERT OR REPLACE INTO catalogues (url, name, serial, dated_at, digest, bytes, etag, accepted_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          catalogue.url, catalogue.name, catalogue.serial, catalogue.date.nanoseconds, Data(catalogue.digest.bytes), Data(catalogue.bytes),
          catalogue.etag, catalogue.acceptedAt.nanoseconds,
        ])
    }
  }

  /// What came by catalogues, by info-hash.
  package func mirrored() throws(InventoryError) -> [StoredMirrored] {
    try read { try Row.fetchAll($0, sql: "SELECT * FROM mirrored ORDER BY info_hash").map(StoredMirrored.init) }
  }

  /// Adds some, or changes what is known of them.
  package func put(mirrored artifacts: [StoredMirrored]) throws(InventoryError) {
    if artifacts.isEmpty { return }
    try write { db in
      for artifact in artifacts {
        try db.execute(
          sql: """
            INSERT OR REPLACE INTO mirrored (info_hash, info_hash_v1, info_hash_v2, name, catalogue, unwanted_at) VALUES (?, ?, ?, ?, ?, ?)
            """,
          arguments: [
            StoredMirrored.key(artifact.infoHash), artifact.infoHash.v1.map { Data($0.bytes) }, artifact.infoHash.v2.map { Data($0.bytes) },
            artifact.name, artifact.catalogue, artifact.unwantedAt?.nanoseconds,
          ])
      }
    }
  }

  package func forget(mirrored infoHashes: [InfoHash]) throws(InventoryError) {
    if infoHashes.isEmpty { return }
    try write { db in
      for infoHash in infoHashes {
        // One artifact may be known by both of its info-hashes here, and by one of them there.
        try db.execute(
          sql: "DELETE FROM mirrored WHERE info_hash_v1 = ? OR info_hash_v2 = ?",
          arguments: [infoHash.v1.map { Data($0.bytes) }, infoHash.v2.map { Data($0.bytes) }])
      }
    }
  }
}

/// The own catalogue.
extension InventoryDatabase {
  /// A serial number that was never given out before: `wanted`, or the last one and one where that is more.
  package func takeCatalogueSerial(atLeast wanted: Int64) throws(InventoryError) -> Int64 {
    try write { db in
      let last = try Int64.fetchOne(db, sql: "SELECT serial FROM catalogue_serial") ?? 0
      let (next, overflow) = last.addingReportingOverflow(1)
      guard !overflow else { throw InventoryError.invalid(problem: "there are no serial numbers left for the catalogue") }
      let serial = max(wanted, next)
      try db.execute(sql: "INSERT OR REPLACE INTO catalogue_serial (id, serial) VALUES (1, ?)", arguments: [serial])
      return serial
    }
  }

  /// The artifacts that the catalogue has listed, by info-hash in hexadecimal.
  package func listedInCatalogue() throws(InventoryError) -> Set<String> {
    try read { Set(try String.fetchAll($0, sql: "SELECT info_hash FROM catalogue_listed")) }
  }

  package func setListedInCatalogue(_ infoHashes: Set<String>) throws(InventoryError) {
    try write { db in
      let known = Set(try String.fetchAll(db, sql: "SELECT info_hash FROM catalogue_listed"))
      for hash in known.subtracting(infoHashes) {
        try db.execute(sql: "DELETE FROM catalogue_listed WHERE info_hash = ?", arguments: [hash])
      }
      for hash in infoHashes.subtracting(known) {
        try db.execute(sql: "INSERT INTO catalogue_listed (info_hash) VALUES (?)", arguments: [hash])
      }
    }
  }

  /// When something of each artifact was last sent to a peer; those of which nothing was are missing.
  package func lastServed() throws(InventoryError) -> [ArtifactID: Timestamp] {
    try read { db in
      let rows = try Row.fetchAll(db, sql: "SELECT artifact_id, max(last_at) AS last_at FROM transfers GROUP BY artifact_id")
      return try Dictionary(uniqueKeysWithValues: rows.map { (ArtifactID(rawValue: try $0.value("artifact_id")), try $0.time("last_at")) })
    }
  }
}

extension StoredCatalogue {
  fileprivate init(_ row: Row) throws {
    guard let digest = try row.bytes("digest").flatMap({ SHA256Digest($0) }) else {
      throw UnreadableRow(problem: "a catalogue without a digest")
    }
    self.init(
      url: try row.value("url"), name: try row.value("name"), serial: try row.value("serial"), date: try row.time("dated_at"),
      digest: digest,
      bytes: try row.bytes("bytes") ?? [], etag: try row.decode(String?.self, forColumn: "etag"), acceptedAt: try row.time("accepted_at"))
  }
}

extension StoredMirrored {
  fileprivate init(_ row: Row) throws {
    self.init(
      infoHash: try row.infoHash(), name: try row.value("name"), catalogue: try row.value("catalogue"),
      unwantedAt: try row.optionalTime("unwanted_at"))
  }
}
