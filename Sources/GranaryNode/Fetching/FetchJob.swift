import Control
import Foundation
import Inventory
import ServiceLifecycle
import Synchronization

/// One artifact that a node of its own fetches: `granary fetch` where no node runs.
final class FetchJob: Sendable {
  let submission: FetchSubmission
  /// Gives up after so long; nil: never.
  let limit: Duration?
  /// Serves on for so long after the end.
  let seeding: Duration
  let onProgress: @Sendable (FetchDocument) -> Void
  private let end = Mutex<Result<FetchDocument, Failure>?>(nil)

  init(
    _ submission: FetchSubmission, limit: Duration?, seeding: Duration, onProgress: @escaping @Sendable (FetchDocument) -> Void
  ) {
    (self.submission, self.limit, self.seeding, self.onProgress) = (submission, limit, seeding, onProgress)
  }

  func set(_ result: Result<FetchDocument, Failure>) { end.withLock { $0 = result } }

  /// What came of it. Throws what went wrong; where a signal has ended it, that it is not done.
  @discardableResult
  func settle() throws -> FetchDocument {
    guard let result = end.withLock({ $0 }) else { throw Failure(.unavailable, "ended before the artifact was complete") }
    return try result.get()
  }
}

/// Does a job within a node, and ends the node with it.
struct FetchService: Service {
  let node: Node
  let job: FetchJob

  func run() async throws {
    let node = node
    let watch = FetchWatch(limit: job.limit, seeding: job.seeding, onProgress: job.onProgress)
    do {
      let document = try await cancelWhenGracefulShutdown {
        try await watch.follow {
          try await NodeControlFace(node: node).fetch(job.submission, by: .user(getuid()))
        } _: { document in
          try await NodeControlFace(node: node).fetches(document.infoHash).fetches.first ?? document
        }
      }
      job.set(.success(document))
    } catch is CancellationError {
      return
    } catch {
      job.set(.failure(Failure(error)))
    }
  }
}
