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

  /// What was seen last. Nothing is known at first.
  private final class Sight: Sendable {
    private let standing = Mutex(RunStanding(doubtful: 1))
    var latest: RunStanding {
      get { standing.withLock { $0 } }
      set { standing.withLock { $0 = newValue } }
    }
  }

  /// How often is looked: but a large inventory is not looked at for more than a twentieth of the time.
  private static let pause = Duration.milliseconds(200)

  func run() async throws {
    let sight = Sight()
    // By itself, and not waited for: a disk that hangs must not keep a run whose time is over.
    let looks = Task { [node, order] in
      while !Task.isCancelled {
        let began = ContinuousClock.now
        sight.latest = await node.standing(order.bounds)
        try await Task.sleep(for: max(Self.pause, (ContinuousClock.now - began) * 20))
      }
    }
    defer { looks.cancel() }
    try? await cancelWhenGracefulShutdown { [order] in
      var judge = RunJudge(order.bounds, began: order.began, ready: .now)
      while true {
        if let end = judge.end(sight.latest, now: .now) { return order.finish(end) }
        try await Task.sleep(for: Self.pause)
      }
    }
  }
}

extension Node {
  /// How the run stands, as far as its bounds ask.
  func standing(_ bounds: RunBounds) async -> RunStanding {
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
