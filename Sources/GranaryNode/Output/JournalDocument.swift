import Foundation
import Inventory
import Metainfo
import PluginKit

/// `granary journal`.
struct JournalDocument: Encodable {
  struct Entry: Encodable {
    let id: Int64
    let at: String
    let lastAt: String
    let count: Int64
    let verdict: String
    let operation: String
    let principal: String?
    let address: String?
    let infoHash: String?
    let artifact: String?
    let plugin: String?
    let rule: String?
    let reason: String?
    let place: String?
    let policyGeneration: Int64?
    /// What a guard's verdict was based on; null for what no guard decides.
    let facts: RecordedFacts?
    /// Of a row that stands for many info-hashes: the last ones.
    let infoHashes: [String]?

    init(_ row: JournalRow) {
      let entry = row.entry
      (id, at, lastAt, count) = (row.id, entry.at.iso8601, row.lastAt.iso8601, row.count)
      (verdict, operation, principal, address) = (entry.verdict, entry.operation, entry.principal, entry.address)
      (infoHash, artifact, plugin) = (entry.infoHash?.description, entry.artifact, entry.plugin)
      (rule, reason, place, policyGeneration) = (entry.rule, entry.reason, entry.place, entry.policyGeneration)
      let data = entry.facts.map { Data($0.utf8) }
      facts = data.flatMap { try? JSONDecoder().decode(RecordedFacts.self, from: $0) }
      infoHashes = facts == nil ? data.flatMap { try? JSONDecoder().decode(Many.self, from: $0) }?.infoHashes : nil
    }

    private struct Many: Decodable {
      let infoHashes: [String]
      enum CodingKeys: String, CodingKey { case infoHashes = "info_hashes" }
    }

    enum CodingKeys: String, CodingKey {
      case id, at, count, verdict, operation, principal, address, artifact, plugin, rule, reason, place, facts
      case infoHashes = "info_hashes"
      case lastAt = "last_at"
      case infoHash = "info_hash"
      case policyGeneration = "policy_generation"
    }
  }

  let schema = "granary.journal/1"
  let entries: [Entry]
}
