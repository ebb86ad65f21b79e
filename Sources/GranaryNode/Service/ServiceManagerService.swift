import ServiceLifecycle
import UnixSignals

/// Keeps the service manager's line about the node true.
struct ServiceManagerService: Service {
  let node: Node

  private static let pause = Duration.seconds(2)

  func run() async throws {
    guard node.service.environment.notify != nil else { return try await gracefulShutdown() }
    try? await cancelWhenGracefulShutdown {
      while true {
        try await Task.sleep(for: Self.pause)
        node.service.status(node.serviceStatus)
      }
    }
  }
}

/// SIGUSR1: the log was moved away, and is opened anew.
struct LogService: Service {
  let node: Node

  func run() async throws {
    let signals = await UnixSignalsSequence(trapping: .sigusr1)
    await cancelWhenGracefulShutdown {
      for await _ in signals { node.service.reopenLog(node.logger) }
    }
  }
}
