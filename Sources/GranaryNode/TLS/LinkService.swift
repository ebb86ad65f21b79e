import NIOPosix
import PluginKit
import ServiceLifecycle

/// Looks after certificates for as long as the node runs.
struct LinkService: Service {
  let node: Node

  private static let pause = Duration.seconds(2)

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        // One look at a time, and none of them on an event loop: the folder may be on a disk that hangs.
        try? await NIOThreadPool.singleton.runIfActive { node.lookAtLinks(now: .now) }
        try? await Task.sleep(for: Self.pause)
      }
    }
  }
}
