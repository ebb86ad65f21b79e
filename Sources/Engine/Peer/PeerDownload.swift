import Metainfo
import NIOCore
import PluginKit

/// What a connection has while we fetch the artifact and may ask the peer for it. On the connection's loop.
final class PeerDownload {
  let fetch: ArtifactFetch
  /// What we may ask for.
  var permission: AskPermission
  var pipeline: RequestPipeline
  /// What came in the event that goes on.
  var runs: [BlockRun] = []
  /// Whether more is to be asked for at the end of the event that goes on.
  var isFillDue = false
  /// Asks again when a pause or a wait for tokens is over.
  var filling: Scheduled<Void>?
  /// What the choker was told.
  var isSnubbed = false
  /// Reasons for which blocks were withheld, each journalled once a connection.
  var toldReasons: Set<String> = []

  init(_ fetch: ArtifactFetch, _ permission: AskPermission, _ pipeline: RequestPipeline) {
    (self.fetch, self.permission, self.pipeline) = (fetch, permission, pipeline)
  }

  /// Reasons that are remembered: a plugin may put a number into each.
  private static let mostReasons = 16

  /// Whether the journal has not been told of the reason yet.
  func isNews(_ reason: String) -> Bool {
    guard toldReasons.count < Self.mostReasons else { return false }
    return toldReasons.insert(reason).inserted
  }
}

/// What the guards let us ask a peer for.
struct AskPermission {
  let decision: Decision
  /// Of which blocks; nil for none.
  let scope: Scope?

  init(_ decision: Decision) {
    self.decision = decision
    scope = decision.isAllowed && !decision.scope.isEmpty ? decision.scope : nil
  }

  func allows(_ block: Block, in layout: PieceLayout) -> Bool {
    switch scope {
    case nil: false
    case .everything: true
    case .part(let part): part.contains(block, in: layout)
    }
  }
}
