import NIOPosix
import ServiceLifecycle

/// Waits for what the former node has to say until its end. A node that ends itself meanwhile waits for that, too: what it does not store is lost.
struct RemainderService: Service {
  let node: Node
  let former: Inheritance

  func run() async throws {
    try? await NIOThreadPool.singleton.runIfActive { node.awaitRemainder(of: former) }
    try? await gracefulShutdown()
  }
}
