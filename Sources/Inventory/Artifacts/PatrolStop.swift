import GRDB
import Metainfo

/// What a patrol wants of an artifact that is ready: where its files lie, and what they were when they were verified.
package struct PatrolStop: Hashable, Sendable {
  package let id: ArtifactID
  /// The folder that holds its file or folder.
  package let dataRoot: String
  /// Whether all of its pieces are verified.
  package let isWhole: Bool
  /// In file index order.
  package fileprivate(set) var files: [ArtifactFile] = []
}

extension InventoryDatabase {
  /// The next artifacts by id that are ready, after this one: so many of them, or fewer where they have more than so many files together; one
  /// in any case. Asked for all day long: one pass over what is wanted, by position, and nothing else.
  package func patrolStops(after id: Int64, limit: Int, files: Int = .max) throws(InventoryError) -> [PatrolStop] {
    try read { db in
      guard let last = try PatrolStop.last(db, after: id, limit: limit, files: files) else { return [] }
      let rows = try Row.fetchCursor(db.cachedStatement(sql: PatrolStop.select), arguments: [id, last])
      var stops: [PatrolStop] = []
      while let row = try rows.next() { try PatrolStop.take(row, into: &stops) }
      return stops
    }
  }
}

extension PatrolStop {
  fileprivate static let select = """
    SELECT a.id, a.data_root, a.piece_count = e.verified_pieces, f.file_index, f.path, f.length, f.device, f.inode, f.size, f.modified_ns,
      f.changed_ns
    FROM artifacts a LEFT JOIN evidence e INDEXED BY evidence_in_short ON e.artifact_id = a.id LEFT JOIN files f ON f.artifact_id = a.id
    WHERE a.id > ? AND a.id <= ? AND a.state = 'ready' ORDER BY a.id, f.file_index
    """

  /// The last artifact of such a page; nil where there is none.
  fileprivate static func last(_ db: Database, after id: Int64, limit: Int, files: Int) throws -> Int64? {
    let next = "SELECT id, file_count FROM artifacts WHERE id > ? AND state = 'ready' ORDER BY id LIMIT ?"
    let rows = try Row.fetchCursor(db.cachedStatement(sql: next), arguments: [id, limit])
    var last: Int64?
    var left = files
    while left > 0, let row = try rows.next() {
      left -= try row.decode(Int.self, atIndex: 1)
      if left < 0, last != nil { break }
      last = try row.decode(Int64.self, atIndex: 0)
    }
    return last
  }

  fileprivate static func take(_ row: Row, into stops: inout [PatrolStop]) throws {
    let id = ArtifactID(rawValue: try row.decode(Int64.self, atIndex: 0))
    if stops.last?.id != id {
      let isWhole = try row.decode(Bool?.self, atIndex: 2) ?? false
      stops.append(PatrolStop(id: id, dataRoot: try row.decode(String.self, atIndex: 1), isWhole: isWhole))
    }
    guard let file = try file(row) else { return }
    stops[stops.count - 1].files.append(file)
  }

  /// Nil for an artifact without files.
  private static func file(_ row: Row) throws -> ArtifactFile? {
    guard let index = try row.decode(Int?.self, atIndex: 3) else { return nil }
    var identity: FileIdentity?
    if let device = try row.decode(Int64?.self, atIndex: 6) {
      identity = FileIdentity(
        device: UInt64(bitPattern: device), inode: UInt64(bitPattern: try row.decode(Int64.self, atIndex: 7)),
        size: try row.decode(Int64.self, atIndex: 8), modified: try row.decode(Int64.self, atIndex: 9),
        changed: try row.decode(Int64.self, atIndex: 10))
    }
    return ArtifactFile(
      index: index, path: try row.decode(String.self, atIndex: 4), length: try row.decode(Int64.self, atIndex: 5), identity: identity)
  }
}
