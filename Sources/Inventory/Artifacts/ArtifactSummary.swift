import Foundation
import GRDB
import Metainfo

/// What a node keeps in mind of each artifact, peers or not. Read for all of them in one pass, without torrents, files or pieces.
package struct ArtifactSummary: Sendable, Hashable {
  package let id: ArtifactID
  package let infoHash: InfoHash
  package let name: String
  /// The folder that holds its file or folder.
  package let dataRoot: String
  package let state: ArtifactState
  /// How the evidence was come by; nil where there is none.
  package let method: Evidence.Method?
  /// At most so many bytes are not verified; 0 only where everything is.
  package let missing: Int64
  /// Which of the tracker lists is its; nil for no trackers.
  package let trackerList: Int64?
  /// Whether its torrent is an SSL torrent.
  package let isSSL: Bool
}

extension InventoryDatabase {
  /// Calls `body` with each artifact in short, by id, in one snapshot, and tells first how many there are and what lists of trackers
  /// (tiers of announce URLs, by number) they have. `body` must not call the inventory.
  package func forEachSummary(
    start: (_ count: Int, _ trackerLists: [Int64: [[String]]]) -> Void, _ body: (ArtifactSummary) -> Void
  ) throws(InventoryError) {
    try read { db in
      start(try Int.fetchOne(db, sql: "SELECT count(*) FROM artifacts") ?? 0, try Self.trackerLists(db))
      // Few are SSL torrents: cheaper than a question for each artifact.
      let ssl = Set(try Int64.fetchAll(db, sql: "SELECT artifact_id FROM ssl_torrents"))
      let rows = try Row.fetchCursor(db, sql: "\(ArtifactSummary.select) ORDER BY a.id")
      while let row = try rows.next() { body(try ArtifactSummary(row) { ssl.contains($0) }) }
    }
  }

  /// One artifact in short, with its trackers. Throws `.unknownArtifact`.
  package func summary(of id: ArtifactID) throws(InventoryError) -> (summary: ArtifactSummary, trackers: [[String]]) {
    try read { db in
      guard let row = try Row.fetchOne(db, sql: "\(ArtifactSummary.select) WHERE a.id = ?", arguments: [id.rawValue]) else {
        throw InventoryError.unknownArtifact(id.description)
      }
      let summary = try ArtifactSummary(row) {
        try Int64.fetchOne(db, sql: "SELECT artifact_id FROM ssl_torrents WHERE artifact_id = ?", arguments: [$0]) != nil
      }
      let text = try summary.trackerList.flatMap {
        try String.fetchOne(db, sql: "SELECT tiers FROM tracker_lists WHERE id = ?", arguments: [$0])
      }
      return (summary, try text.map(TrackerLists.tiers) ?? [])
    }
  }

  private static func trackerLists(_ db: Database) throws -> [Int64: [[String]]] {
    var lists: [Int64: [[String]]] = [:]
    let rows = try Row.fetchCursor(db, sql: "SELECT id, tiers FROM tracker_lists")
    while let row = try rows.next() { lists[try row.value("id")] = try TrackerLists.tiers(try row.value("tiers")) }
    return lists
  }
}

extension ArtifactSummary {
  // By position: a pass over a hundred thousand rows does not look for column names.
  fileprivate static let select = """
    SELECT a.id, a.name, a.info_hash_v1, a.info_hash_v2, a.data_root, a.state, e.method,
      CASE WHEN e.verified_pieces IS NULL THEN a.size
        ELSE min(a.size, (a.piece_count - e.verified_pieces) * a.piece_length) END, a.tracker_list_id
    FROM artifacts a LEFT JOIN evidence e INDEXED BY evidence_in_short ON e.artifact_id = a.id
    """

  fileprivate init(_ row: Row, isSSL: (Int64) throws -> Bool) throws {
    id = ArtifactID(rawValue: try row.decode(Int64.self, atIndex: 0))
    name = try row.decode(String.self, atIndex: 1)
    let v1 = try row.withUnsafeData(atIndex: 2) { $0.flatMap { SHA1Digest($0) } }
    let v2 = try row.withUnsafeData(atIndex: 3) { $0.flatMap { SHA256Digest($0) } }
    guard let infoHash = InfoHash(v1: v1, v2: v2) else { throw UnreadableRow(problem: "an artifact without an info-hash") }
    self.infoHash = infoHash
    dataRoot = try row.decode(String.self, atIndex: 4)
    state = try Self.word(try row.decode(String.self, atIndex: 5))
    method = try row.decode(String?.self, atIndex: 6).map(Self.word)
    missing = try row.decode(Int64.self, atIndex: 7)
    trackerList = try row.decode(Int64?.self, atIndex: 8)
    self.isSSL = try isSSL(id.rawValue)
  }

  private static func word<Word: RawRepresentable<String>>(_ text: String) throws -> Word {
    guard let word = Word(rawValue: text) else { throw UnreadableRow(problem: "\"\(text)\" is no word of its column") }
    return word
  }
}
