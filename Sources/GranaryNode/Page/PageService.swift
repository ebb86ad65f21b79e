import Control
import ServiceLifecycle

/// Counts what goes through for the status page, for as long as the node runs.
struct PageService: Service {
  let page: NodePage

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        try? await Task.sleep(for: ThroughputRing.pace)
        page.sample()
      }
    }
    page.close()
  }
}
