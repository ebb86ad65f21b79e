import Inventory
import Metainfo
import PluginKit

extension PendingEntry {
  /// What is kept of a journal's row for operators to answer; nil for rows that no approval would change: a rule says no, the peer has no
  /// identity but its address, or it has named an artifact that is none of ours.
  init?(_ record: JournalRecord) {
    guard record.isUnmatched, let facts = record.facts, let identity = facts.identities.first,
      facts.artifact != nil || record.infoHash == nil, let wish = Wish(identity, facts.artifact.flatMap(Self.named))
    else { return nil }
    self.init(
      wish: wish, address: facts.address, operation: record.operation, plugin: record.plugin, rule: record.rule, reason: record.reason,
      place: record.place, at: Timestamp(nanoseconds: record.at.nanoseconds))
  }

  private static func named(_ artifact: RecordedFacts.Artifact) -> (infoHash: InfoHash, name: String)? {
    let infoHash = InfoHash(
      v1: artifact.infoHashV1.flatMap { SHA1Digest(hex: $0) }, v2: artifact.infoHashV2.flatMap { SHA256Digest(hex: $0) })
    return infoHash.map { ($0, artifact.name) }
  }
}
