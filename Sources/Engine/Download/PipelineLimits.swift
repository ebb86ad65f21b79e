/// Within what a `RequestPipeline` moves.
package struct PipelineLimits: Sendable, Hashable {
  /// Requests on their way to a peer that is neither new nor snubbed.
  package var fewest = 2
  /// Requests on their way to any peer, whatever it takes.
  package var most = 2_048
  /// With what a peer begins.
  package var initial = 4
  /// What the peer is to have in hand beyond the round trip, so that it never waits for us.
  package var cushion = Duration.milliseconds(500)
  /// A peer that was asked and gives nothing for four of its usual latencies is snubbed; within these bounds.
  package var shortestPatience = Duration.seconds(6)
  package var longestPatience = Duration.seconds(60)
  /// The same for a peer that has given nothing yet.
  package var firstPatience = Duration.seconds(20)
  /// So many requests in a row that come to nothing, rejected or withheld, make a pause; it doubles while nothing else comes.
  package var futileRequests = 32
  package var shortestPause = Duration.seconds(1)
  package var longestPause = Duration.seconds(30)
  /// A peer that brings a piece in less time than this gets whole pieces.
  package var wholePieceTime = Duration.seconds(20)

  package init() {}
}
