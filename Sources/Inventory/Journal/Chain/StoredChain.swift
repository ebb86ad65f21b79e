import Foundation
import GRDB
import Metainfo

/// Reads links with their rows as they are in the file, by the order of the links.
///
/// Texts are read as bytes: what follows a NUL, or is no UTF-8, would not be seen otherwise.
struct StoredChain {
  static let sql = """
    SELECT c.seq, c.kind, c.journal_id, c.body, c.hash, c.signature, j.id, j.at, j.refused, j.merge_key, j.policy_generation, j.count,
      j.last_at, CAST(j.facts AS BLOB), j.open_until IS NOT NULL, \(texts)
    FROM journal_chain c LEFT JOIN journal j ON j.id = c.journal_id ORDER BY c.seq
    """

  private static let texts = [
    "verdict", "operation", "principal", "address", "info_hash", "artifact", "plugin", "rule", "reason", "place",
  ].map { "CAST(j.\($0) AS BLOB)" }.joined(separator: ", ")
  private static let textColumns = 15..<25

  static func link(_ row: Row) throws -> ChainLink {
    let kind: String = try row.decode(atIndex: 1)
    guard let kind = ChainLink.Kind(rawValue: kind), let hash = try bytes(row, 4).flatMap({ SHA256Digest($0) }) else {
      throw UnreadableRow(problem: "a link of the journal's chain is of kind \"\(kind)\", or has no hash")
    }
    return ChainLink(
      sequence: try row.decode(atIndex: 0), kind: kind, row: try row.decode(atIndex: 2), body: try bytes(row, 3), hash: hash,
      signature: try bytes(row, 5))
  }

  static func row(_ row: Row) throws -> StoredJournalRow? {
    guard let id: Int64 = try row.decode(atIndex: 6) else { return nil }
    let fixed = JournalContent.Fixed(
      id: id, at: try row.decode(atIndex: 7), refused: try row.decode(atIndex: 8), mergeKey: try row.decode(atIndex: 9),
      policyGeneration: try row.decode(atIndex: 10), texts: try textColumns.map { try bytes(row, $0) })
    let counted = JournalContent.Counted(
      count: try row.decode(atIndex: 11), lastAt: try row.decode(atIndex: 12), facts: try bytes(row, 13))
    return StoredJournalRow(content: JournalContent(fixed: fixed, counted: counted), isOpen: try row.decode(atIndex: 14))
  }

  private static func bytes(_ row: Row, _ index: Int) throws -> [UInt8]? {
    let data: Data? = try row.decode(atIndex: index)
    return data.map { [UInt8]($0) }
  }
}
