import Foundation
import GRDB
import Metainfo

extension InventoryDatabase {
  /// The artifact with this id. Throws `.unknownArtifact`.
  package func artifact(_ id: ArtifactID) throws(InventoryError) -> Artifact {
    try read { try Artifact.fetchOne($0, id: id) }
  }

  /// The artifact that has one of these info-hashes (a hybrid is found by either), else nil.
  package func artifact(infoHash: InfoHash) throws(InventoryError) -> Artifact? {
    try read { try Artifact.fetch($0, sharing: infoHash).first }
  }

  /// The artifact that a handshake or an announce names by these 20 bytes: its v1 info-hash, or its v2 one cut short. Else nil.
  package func artifact(wire: SHA1Digest) throws(InventoryError) -> Artifact? {
    try read { try Artifact.fetch($0, wire: wire).first }
  }

  /// The one artifact that an operator means: by a whole info-hash (40 or 64 digits), by a unique start of one (4 digits or more), or by
  /// its exact name. A whole info-hash wins over names.
  ///
  /// Throws `.unknownArtifact`, and `.ambiguous` with the candidates where the text names more than one.
  package func find(_ text: String) throws(InventoryError) -> Artifact {
    let candidates = try read { try Artifact.fetch($0, named: text, limit: Self.candidateLimit) }
    guard let only = candidates.first else { throw .unknownArtifact(text) }
    guard candidates.count == 1 else { throw .ambiguous(text: text, candidates: candidates) }
    return only
  }
}

extension Artifact {
  /// At most two: v1 and v2 info-hash are each unique, and may have come with different artifacts.
  static func fetch(_ db: Database, sharing infoHash: InfoHash) throws -> [Artifact] {
    try fetch(
      db, where: "a.info_hash_v1 = ? OR a.info_hash_v2 = ?",
      [infoHash.v1.map { Data($0.bytes) }, infoHash.v2.map { Data($0.bytes) }])
  }

  fileprivate static func fetch(_ db: Database, wire: SHA1Digest) throws -> [Artifact] {
    let v1 = Data(wire.bytes)
    let v2 = (low: v1 + Data(repeating: 0, count: 12), high: v1 + Data(repeating: 0xFF, count: 12))
    return try fetch(db, where: "a.info_hash_v1 = ? OR a.info_hash_v2 BETWEEN ? AND ?", [v1, v2.low, v2.high], limit: 1)
  }

  fileprivate static func fetch(_ db: Database, named text: String, limit: Int) throws -> [Artifact] {
    guard !text.utf8.contains(0) else { return [] }
    guard let prefix = InfoHashPrefix(text) else { return try fetch(db, where: "a.name = ?", [text], limit: limit) }
    let (condition, arguments) = prefix.condition
    let byHash = try fetch(db, where: condition, arguments, limit: limit)
    if !byHash.isEmpty, prefix.isWhole { return byHash }
    return try fetch(db, where: "(\(condition)) OR a.name = ?", arguments + [text], limit: limit)
  }
}

extension InfoHashPrefix {
  /// Whether it names an info-hash entirely.
  var isWhole: Bool { digits == SHA1Digest.byteCount * 2 || digits == SHA256Digest.byteCount * 2 }

  /// A condition over a table `a` of artifacts.
  var condition: (sql: String, arguments: StatementArguments) {
    // A comparison with null is never true: no v1 info-hash has more than 40 digits.
    let bounds = [v1?.low, v1?.high, v2.low, v2.high]
    return (
      "a.info_hash_v1 BETWEEN ? AND ? OR a.info_hash_v2 BETWEEN ? AND ?", StatementArguments(bounds.map { $0.map { Data($0) } })
    )
  }
}
