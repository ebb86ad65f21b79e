import CLinux
import Inventory
import NIOPosix
import ServiceLifecycle

/// Looks after artifacts for as long as the node runs.
struct CareService: Service {
  let node: Node

  private static let pause = Duration.seconds(1)

  func run() async throws {
    await cancelWhenGracefulShutdown {
      try? await Task.sleep(for: Self.pause)
      try? await node.caring.runIfActive { node.settle() }
      while !Task.isCancelled {
        try? await Task.sleep(for: Self.pause)
        // One step at a time: a disk that hangs holds up the care, and nothing else.
        try? await node.caring.runIfActive { node.careTick(now: .now) }
      }
    }
  }
}

extension Node {
  /// The start is over: the memory that it took for itself is given back.
  fileprivate func settle() {
    database.releaseMemory()
    granary_trim_heap()
  }
}
