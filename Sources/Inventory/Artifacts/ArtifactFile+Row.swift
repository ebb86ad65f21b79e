import GRDB
import Metainfo

extension ArtifactFile {
  static let columns = "file_index, path, length, device, inode, size, modified_ns, changed_ns"

  init(_ row: Row) throws {
    self.init(
      index: try row.value("file_index"), path: try row.value("path"), length: try row.value("length"), identity: try FileIdentity(row))
  }
}

extension FileIdentity {
  /// The identity's columns; nil where they are null (the schema holds them null together).
  fileprivate init?(_ row: Row) throws {
    let device: Int64? = try row.value("device")
    guard let device else { return nil }
    let inode: Int64 = try row.value("inode")
    self.init(
      device: UInt64(bitPattern: device), inode: UInt64(bitPattern: inode), size: try row.value("size"),
      modified: try row.value("modified_ns"), changed: try row.value("changed_ns"))
  }
}

extension FileIdentity? {
  /// In the columns' order. Device and inode are 64 bits without a sign; SQLite's integers have one, so that their bits are stored.
  var columnValues: [(any DatabaseValueConvertible)?] {
    [
      self.map { Int64(bitPattern: $0.device) }, self.map { Int64(bitPattern: $0.inode) }, self?.size, self?.modified, self?.changed,
    ]
  }
}

extension [ArtifactFile] {
  func insert(of id: ArtifactID, _ db: Database) throws {
    let statement = try db.cachedStatement(
      sql: "INSERT INTO files (artifact_id, \(ArtifactFile.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
    for file in self {
      let shape: StatementArguments = [id.rawValue, file.index, try StoredText.checked(file.path, "path"), file.length]
      try statement.execute(arguments: shape + StatementArguments(file.identity.columnValues))
    }
  }
}
