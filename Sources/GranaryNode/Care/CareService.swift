import NIOPosix
import ServiceLifecycle

/// Looks after artifacts for as long as the node runs.
struct CareService: Service {
  let node: Node

  private static let pause = Duration.seconds(1)

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        try? await Task.sleep(for: Self.pause)
        // One step at a time: a disk that hangs holds up the care, and nothing else.
        try? await node.caring.runIfActive { node.careTick(now: .now) }
      }
    }
  }
}
