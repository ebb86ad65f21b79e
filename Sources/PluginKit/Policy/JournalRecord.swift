import Metainfo

/// One row for the journal: what was decided about whom, by which rule, and why.
public struct JournalRecord: Sendable {
  /// When.
  public var at: WallTime
  /// Who: an identity, or the address.
  public var principal: String
  /// Where the peer was; nil for events that concern no peer.
  public var address: PeerAddress?
  /// The info-hash named, if one was.
  public var infoHash: SHA1Digest?
  /// The artifact's name, where it is one of ours.
  public var artifact: String?
  /// `connect`, `metadata`, `request`, … or `protocol`, `limit`, `storage` for what no guard decides.
  public var operation: String
  /// `allow`, `deny`, `close`, …
  public var verdict: String
  /// The plugin, or `engine`.
  public var plugin: String
  /// The rule.
  public var rule: String?
  /// The reason in words. Text that came from a peer is escaped.
  public var reason: String
  /// Where the rule stands: `FILE:LINE:COLUMN`.
  public var place: String?
  /// The generation of the policy.
  public var generation: UInt64
  /// What was known of the peer when a guard was asked; nil for what no guard decides.
  public var facts: RecordedFacts?
  /// Whether nothing in the policy is about the peer and what it asks for (`Verdict.isUnmatched`), and no guard says no for another reason.
  public var isUnmatched: Bool

  public init(
    at: WallTime, principal: String, address: PeerAddress?, infoHash: SHA1Digest? = nil, artifact: String? = nil, operation: String,
    verdict: String, plugin: String, rule: String? = nil, reason: String, place: String? = nil, generation: UInt64 = 0,
    facts: RecordedFacts? = nil, isUnmatched: Bool = false
  ) {
    (self.at, self.principal, self.address, self.infoHash) = (at, principal, address, infoHash)
    (self.artifact, self.operation, self.verdict, self.plugin) = (artifact, operation, verdict, plugin)
    (self.rule, self.reason, self.place, self.generation) = (rule, reason, place, generation)
    (self.facts, self.isUnmatched) = (facts, isUnmatched)
  }
}

/// Takes journal rows; never blocks its caller.
public protocol Journal: Sendable {
  /// Takes one row. What cannot be kept is counted.
  func record(_ record: JournalRecord)
}
