import Control
import ServiceLifecycle

/// Counts what goes through for the status page, for as long as the node runs and shows one.
struct PageService: Service {
  let page: NodePage
  let isShown: @Sendable () -> Bool

  /// A reload may bring a page.
  private static let rest = Duration.seconds(30)

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        guard isShown() else {
          try? await Task.sleep(for: Self.rest)
          continue
        }
        try? await Task.sleep(for: ThroughputRing.pace)
        page.sample()
      }
    }
    page.close()
  }
}
