import Metainfo

/// A verdict on its way into the journal. Text is cut to `Limit` when the value is made: some of it comes from peers.
package struct JournalEntry: Hashable, Codable, Sendable {
  /// Bytes of UTF-8 that each text may have.
  package enum Limit {
    package static let principal = 512
    package static let address = 128
    package static let artifact = 512
    /// Operation, verdict and plugin.
    package static let word = 64
    /// Rule and place.
    package static let reference = 512
    package static let reason = 1024
    /// Longer facts are replaced by a JSON object that says so.
    package static let facts = 4096
  }

  /// When it fell.
  package let at: Timestamp
  /// Whether something was refused: what `journal --refused` shows, and what is counted rather than repeated.
  package let isRefusal: Bool
  /// `allow`, `deny`, …: the policy's word.
  package let verdict: String
  /// What the peer wanted: `connect`, `request`, …
  package let operation: String
  package let principal: String?
  /// Without the port, which is another at each attempt and would keep equal refusals apart.
  package let address: String?
  /// The info-hash as it came over the wire, whether or not we know it.
  package let infoHash: SHA1Digest?
  /// The artifact's name where we know it.
  package let artifact: String?
  package let plugin: String?
  package let rule: String?
  package let reason: String?
  /// The rule's place in the configuration, `FILE:LINE:COLUMN`.
  package let place: String?
  package let policyGeneration: Int64?
  /// What the verdict was based on, JSON. Not compared: of equal refusals the first one's facts are kept.
  package internal(set) var facts: String?
  /// One of many that are told apart by their facts only: those of the last one are kept.
  var isDigest = false

  package init(
    at: Timestamp, verdict: String, isRefusal: Bool, operation: String, principal: String? = nil, address: String? = nil,
    infoHash: SHA1Digest? = nil, artifact: String? = nil, plugin: String? = nil, rule: String? = nil, reason: String? = nil,
    place: String? = nil, policyGeneration: Int64? = nil, facts: String? = nil
  ) {
    (self.at, self.isRefusal, self.infoHash, self.policyGeneration) = (at, isRefusal, infoHash, policyGeneration)
    self.verdict = StoredText.bounded(verdict, to: Limit.word)
    self.operation = StoredText.bounded(operation, to: Limit.word)
    self.principal = StoredText.boundedIfPresent(principal, to: Limit.principal)
    self.address = StoredText.boundedIfPresent(address, to: Limit.address)
    self.artifact = StoredText.boundedIfPresent(artifact, to: Limit.artifact)
    self.plugin = StoredText.boundedIfPresent(plugin, to: Limit.word)
    self.rule = StoredText.boundedIfPresent(rule, to: Limit.reference)
    self.reason = StoredText.boundedIfPresent(reason, to: Limit.reason)
    self.place = StoredText.boundedIfPresent(place, to: Limit.reference)
    self.facts = facts.map(Self.bounded(facts:))
  }

  private static func bounded(facts: String) -> String {
    let count = facts.utf8.count
    return count <= Limit.facts ? StoredText.bounded(facts, to: Limit.facts) : #"{"left_out_bytes":\#(count)}"#
  }

  /// Roughly the memory that the entry takes, in bytes.
  var cost: Int {
    let texts = [verdict, operation, principal, address, artifact, plugin, rule, reason, place, facts]
    return texts.reduce(400) { $0 + ($1?.utf8.count ?? 0) }
  }
}
