package import Metainfo

/// A list of artifacts, as a node publishes it and replicas follow it.
///
/// It is bencoded (BEP 3), because that has exactly one form for each value: what is signed is bytes, and two nodes that mean the same write
/// the same. JSON would need rules for numbers, escapes and the order of keys, and a second strict decoder; hashes would be text. People read
/// it through `granary catalogue show`, and its RSS.
///
/// | key | value |
/// |---|---|
/// | `artifacts` | a list of entries (`CatalogueEntry`), each with its own info-hash |
/// | `date` | when it was made: seconds since 1970 |
/// | `name` | what the catalogue is called: one that another key signs must not be taken for it, nor another one of the same key |
/// | `serial` | a number that only grows: with each change, and with each renewal |
/// | `version` | 1 |
package struct CatalogueDocument: Hashable, Sendable {
  /// The version of the format that is read and written here.
  package static let version: Int64 = 1

  /// 1 to 128 bytes.
  package let name: String
  /// 1 or more.
  package let serial: Int64
  /// Seconds since 1970, 0 or more.
  package let date: Int64
  /// In the publisher's order.
  package let entries: [CatalogueEntry]

  /// Throws where a replica would refuse it: with the place of what it would not take.
  package init(name: String, serial: Int64, date: Int64, entries: [CatalogueEntry]) throws(CatalogueError) {
    (self.name, self.serial, self.date, self.entries) = (name, serial, date, entries)
    try check()
  }

  /// The entry that has one of these info-hashes.
  package func entry(_ infoHash: InfoHash) -> CatalogueEntry? { entries.first { $0.infoHash.shares(infoHash) } }

  private func check() throws(CatalogueError) {
    guard CatalogueLimits.isText(name, 1...CatalogueLimits.name) else { throw CatalogueError("name", CatalogueLimits.textProblem(128)) }
    guard serial > 0 else { throw CatalogueError("serial", "expected a number from 1") }
    guard date >= 0 else { throw CatalogueError("date", "expected seconds since 1970") }
    guard entries.count <= CatalogueLimits.entries else {
      throw CatalogueError("artifacts", "more than \(CatalogueLimits.entries) artifacts")
    }
    var seen: Set<[UInt8]> = []
    for (index, entry) in entries.enumerated() {
      try entry.check("artifacts[\(index)]")
      for hash in entry.infoHash.allBytes where !seen.insert(hash).inserted {
        throw CatalogueError("artifacts[\(index)]", "an artifact with this info-hash stands here already")
      }
    }
    for (index, entry) in entries.enumerated() {
      guard let successor = entry.supersededBy else { continue }
      guard seen.contains(successor), !entry.infoHash.allBytes.contains(successor) else {
        throw CatalogueError("artifacts[\(index)].superseded_by", "expected the info-hash of another artifact of this catalogue")
      }
    }
  }
}

extension InfoHash {
  /// Both info-hashes in full.
  package var allBytes: [[UInt8]] { [v1?.bytes, v2?.bytes].compactMap { $0 } }

  /// The one that names an artifact where one name is wanted: v2's, else v1's.
  package var catalogueName: [UInt8] { v2?.bytes ?? v1?.bytes ?? [] }

  /// Whether both are about the same torrent: they have a version in common, and agree in each that they have in common.
  package func shares(_ other: InfoHash) -> Bool {
    if let v2, let theirs = other.v2, v2 != theirs { return false }
    if let v1, let theirs = other.v1, v1 != theirs { return false }
    return (v1 != nil && other.v1 != nil) || (v2 != nil && other.v2 != nil)
  }
}
