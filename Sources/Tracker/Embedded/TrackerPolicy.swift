import PluginKit

/// What policy says of one peer and one artifact.
struct PeerStanding: Sendable, Hashable {
  let isAllowed: Bool
  /// The policy that was asked.
  let generation: UInt64
  /// When it must be asked again, in nanoseconds since 1970; far away where time changes nothing.
  let validUntil: Int64

  init(isAllowed: Bool, generation: UInt64, validUntil: WallTime?) {
    (self.isAllowed, self.generation) = (isAllowed, generation)
    self.validUntil = validUntil?.nanoseconds ?? .max
  }

  func holds(in generation: UInt64, at now: WallTime) -> Bool { self.generation == generation && now.nanoseconds < validUntil }
}

/// The same, with who says so where it is no.
struct TrackerVerdict: Sendable {
  /// A refusal of a guard, and of what.
  struct Refusal: Sendable {
    let operation: PluginKit.Operation
    let judgement: Judgement
  }

  let standing: PeerStanding
  /// Nil where nothing is refused, or no guard has done it.
  let refusal: Refusal?

  init(_ standing: PeerStanding, _ refusals: [Decision] = []) {
    self.standing = standing
    let refused = refusals.lazy.compactMap { decision in
      decision.refusal.map { Refusal(operation: decision.operation, judgement: $0) }
    }
    refusal = standing.isAllowed ? nil : refused.first
  }
}

/// Asks the node's guards who may be told of whom.
///
/// Guards judge a peer and an artifact, never a pair of peers. So two may meet over an artifact where each may connect for it, has something
/// granted, and may be told of and learn of others (`announce`): the same question as peer exchange asks.
package struct TrackerPolicy: Sendable {
  private let pipeline: @Sendable () -> Pipeline
  private let wallClock: @Sendable () -> WallTime

  package init(pipeline: @escaping @Sendable () -> Pipeline, wallClock: @escaping @Sendable () -> WallTime = { .now }) {
    (self.pipeline, self.wallClock) = (pipeline, wallClock)
  }

  var generation: UInt64 { pipeline().generation }
  var now: WallTime { wallClock() }

  /// Nil where a guard wants to wait.
  func verdict(_ facts: PeerFacts) -> TrackerVerdict? {
    let pipeline = pipeline()
    guard !pipeline.admitsAsynchronously else { return nil }
    return Self.verdict(pipeline, pipeline.decide(.connect, facts), facts)
  }

  func waitingVerdict(_ facts: PeerFacts) async -> TrackerVerdict {
    let pipeline = pipeline()
    return Self.verdict(pipeline, await pipeline.admit(facts), facts)
  }

  private static func verdict(_ pipeline: Pipeline, _ connect: Decision, _ facts: PeerFacts) -> TrackerVerdict {
    guard connect.isAllowed, let artifact = facts.artifact else {
      let standing = PeerStanding(isAllowed: connect.isAllowed, generation: pipeline.generation, validUntil: connect.validUntil)
      return TrackerVerdict(standing, [connect])
    }
    let grant = pipeline.grant(facts)
    let standing = PeerStanding(
      isAllowed: !artifact.isSSL && !grant.isEmpty && grant.announce.isAllowed, generation: pipeline.generation,
      validUntil: [connect.validUntil, grant.validUntil].compactMap { $0 }.min())
    return TrackerVerdict(standing, grant.isEmpty ? [grant.request, grant.metadata] : [grant.announce])
  }
}
