import Metainfo

/// A guard's verdict with the plugin that gave it.
public struct Judgement: Sendable, Hashable {
  /// The plugin's name in the pipeline.
  public let plugin: String
  /// Its verdict.
  public let verdict: Verdict
  /// Whether the guard had nothing about the peer, and an approval allows it.
  public let isApproved: Bool

  package init(plugin: String, verdict: Verdict, isApproved: Bool = false) {
    (self.plugin, self.verdict, self.isApproved) = (plugin, verdict, isApproved)
  }
}

/// What all guards of one operation said together: every one must allow.
public struct Decision: Sendable, Hashable {
  /// The operation asked about.
  public let operation: Operation
  /// What each guard said, in the pipeline's order. Empty where nobody guards the operation.
  public let judgements: [Judgement]
  /// What guards in shadow said, and rules in shadow of the others. Nothing comes of it but rows in the journal.
  public let shadows: [Judgement]

  /// - Parameter shadows: what guards in shadow said; what the judgements hold of rules in shadow is added.
  package init(operation: Operation, judgements: [Judgement], shadows: [Judgement] = []) {
    (self.operation, self.judgements) = (operation, judgements)
    self.shadows =
      shadows + judgements.flatMap { judgement in judgement.verdict.shadows.map { Judgement(plugin: judgement.plugin, verdict: $0) } }
  }

  /// Whether every guard allowed.
  public var isAllowed: Bool { judgements.allSatisfy { $0.verdict.isAllowed } }
  /// The first refusal in the pipeline's order, which is the one named to people.
  public var refusal: Judgement? { judgements.first { !$0.verdict.isAllowed } }
  /// Whether it is refused, and only by guards that have nothing about the peer: an approval would allow it.
  public var isUnmatched: Bool { !isAllowed && judgements.allSatisfy { $0.verdict.isAllowed || $0.verdict.isUnmatched } }
  /// The first guard that allows it because of an approval.
  public var approval: Judgement? { judgements.first(where: \.isApproved) }
  /// What every guard's scope covers.
  public var scope: Scope { judgements.reduce(.everything) { $0.intersection($1.verdict.scope) } }
  /// What in shadow would have refused or narrowed what is allowed. Empty where nothing is allowed: nothing would be different.
  public var shadowRefusals: [Judgement] {
    guard isAllowed, !shadows.isEmpty else { return [] }
    let scope = scope
    return shadows.filter { !$0.verdict.isAllowed || scope.intersection($0.verdict.scope) != scope }
  }
  /// The earliest moment at which one of the answers stops being true.
  public var validUntil: WallTime? { judgements.compactMap(\.verdict.validUntil).min() }
}

/// The verdicts compiled for one connection: what this principal may do with this artifact, until when, under which policy.
/// It answers each block's guards in O(1).
public struct Grant: Sendable, Hashable {
  /// May it be given the info dictionary?
  public let metadata: Decision
  /// May it be given blocks, and of what?
  public let request: Decision
  /// May it exchange custom messages?
  public let message: Decision
  /// May others be told of it, and it of others?
  public let announce: Decision
  /// The generation of the policy that was asked.
  public let generation: UInt64
  /// What of the artifact blocks may come from; nil for nothing.
  public let scope: Scope?
  /// When the grant must be compiled again.
  public let validUntil: WallTime?

  package init(
    metadata: Decision, request: Decision, message: Decision, announce: Decision = Decision(operation: .announce, judgements: []),
    generation: UInt64
  ) {
    (self.metadata, self.request, self.message, self.generation) = (metadata, request, message, generation)
    self.announce = announce
    // Guards may each allow a part, and the parts have nothing in common.
    scope = request.isAllowed && !request.scope.isEmpty ? request.scope : nil
    validUntil = [metadata.validUntil, request.validUntil, message.validUntil, announce.validUntil].compactMap { $0 }.min()
  }

  /// Whether the block may be given.
  public func allows(_ block: Block, in layout: PieceLayout) -> Bool {
    switch scope {
    case nil: false
    case .everything: true
    case .part(let part): part.contains(block, in: layout)
    }
  }

  /// Of the pieces we hold, those that a bitfield or HAVE may show.
  public func visible(_ pieces: Bitfield) -> Bitfield {
    switch scope {
    case nil: Bitfield(count: pieces.count)
    case .everything: pieces
    case .part(let part): pieces.intersection(part.wholePieces)
    }
  }

  /// Whether nothing at all is granted: such a peer is not kept.
  public var isEmpty: Bool { scope == nil && !metadata.isAllowed }
}
