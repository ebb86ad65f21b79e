import Catalogue
import Engine
import Inventory
import NIOPosix
import ServiceLifecycle
import Synchronization

/// Ends a bounded run when it is over.
struct BoundsService: Service {
  let node: Node
  let order: RunOrder

  /// How often is looked: but a large inventory is not looked at for more than a twentieth of the time.
  private static let pause = Duration.milliseconds(200)

  func run() async throws {
    try? await cancelWhenGracefulShutdown { [node, order] in
      var judge = RunJudge(order.bounds, began: node.started, ready: .now)
      while true {
        let began = ContinuousClock.now
        let standing = try await node.standing(order.bounds)
        if let end = judge.end(standing, now: .now) { return order.finish(end) }
        try await Task.sleep(for: max(Self.pause, (ContinuousClock.now - began) * 20))
      }
    }
  }
}

extension Node {
  /// How the run stands, as far as its bounds ask.
  func standing(_ bounds: RunBounds) async throws -> RunStanding {
    let totals = engine.totals
    var standing = RunStanding(moved: totals.uploaded + totals.downloaded, uploaded: totals.uploaded)
    guard !bounds.aims.isEmpty else { return standing }
    // A look that fails is no reason to end: the next one may not.
    guard let sums = try? await NIOThreadPool.singleton.runIfActive({ [database] in try database.artifactSums() }) else {
      standing.doubtful = 1
      return standing
    }
    standing.doubtful = max(sums[.verifying]?.count ?? 0, care.withLock { $0.book.undecided })
    standing.fetching = (sums[.fetching]?.count ?? 0) + magnets.documents.count
    standing.content = sums[.ready]?.size ?? 0
    if bounds.aims.contains(.complete) { standing.isMirrored = (try? await mirroring.follower.isComplete()) ?? false }
    return standing
  }
}
