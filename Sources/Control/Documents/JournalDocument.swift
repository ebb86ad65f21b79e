import Foundation
import Inventory
import Metainfo
import PluginKit

/// `granary journal`.
package struct JournalDocument: Codable, Sendable {
  package struct Entry: Codable, Sendable {
    package let id: Int64
    package let at: String
    package let lastAt: String
    package let count: Int64
    package let verdict: String
    package let operation: String
    package let principal: String?
    package let address: String?
    package let infoHash: String?
    package let artifact: String?
    package let plugin: String?
    package let rule: String?
    package let reason: String?
    package let place: String?
    package let policyGeneration: Int64?
    /// What a guard's verdict was based on; null for what no guard decides.
    package let facts: RecordedFacts?
    /// Of a row that stands for many info-hashes: the last ones.
    package let infoHashes: [String]?

    package init(_ row: JournalRow) {
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

  package let schema: String
  package let entries: [Entry]

  package init(entries: [Entry]) { (schema, self.entries) = ("granary.journal/1", entries) }
}

/// Which rows of the journal are wanted, in words; what is left out does not restrict.
package struct JournalQuery: Sendable, Hashable {
  package var refused = false
  /// A principal or an address.
  package var peer: String?
  /// A name or an info-hash.
  package var artifact: String?
  /// `24h`, or a moment of ISO 8601.
  package var since: String?
  /// Rows after this one.
  package var after: Int64?
  /// At least 1; at most `most` of a node elsewhere.
  package var limit = 1000

  package static let most = 10_000

  package init() {}

  /// Of the parameters of a request. Throws a document of errors where one is none.
  init(_ parameter: (String) -> String?) throws {
    refused = try Self.whole(parameter, "refused", 0...1) == 1
    (peer, artifact, since) = (parameter("peer"), parameter("artifact"), parameter("since"))
    after = try Self.whole(parameter, "after", 0...Int64.max)
    limit = Int(try Self.whole(parameter, "limit", 1...Int64(Self.most)) ?? 1000)
  }

  /// As parameters of a request.
  var parameters: [(String, String?)] {
    [
      ("refused", refused ? "1" : nil), ("peer", peer), ("artifact", artifact), ("since", since), ("after", after.map(String.init)),
      ("limit", String(limit)),
    ]
  }

  private static func whole(_ parameter: (String) -> String?, _ name: String, _ range: ClosedRange<Int64>) throws -> Int64? {
    guard let text = parameter(name) else { return nil }
    guard let number = Int64(text), range.contains(number) else {
      throw ErrorsDocument(errors: [.init(code: 64, message: "\(name): a number from \(range.lowerBound) to \(range.upperBound)")])
    }
    return number
  }
}
