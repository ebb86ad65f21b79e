import Logging
import PluginKit
import ServiceLifecycle
import Tracker
import UnixSignals

/// Announces for as long as the node runs. The farewell is the node's to order.
struct AnnouncerService: Service {
  let announcer: TrackerAnnouncer

  func run() async throws {
    await cancelWhenGracefulShutdown { await announcer.run() }
  }
}

/// SIGHUP: the configuration is read again.
struct HangUpService: Service {
  let node: Node

  func run() async throws {
    let signals = await UnixSignalsSequence(trapping: .sighup)
    await cancelWhenGracefulShutdown {
      for await _ in signals { reload() }
    }
  }

  private func reload() {
    do {
      for warning in try node.reload().warnings { node.logger.warning("\(warning)", metadata: .event(.configurationWarning)) }
    } catch {
      for line in Failure(error).lines {
        node.logger.error(
          "the new configuration changes nothing",
          metadata: .event(.configurationRefused, ["place": "\(line.place ?? "")", "problem": "\(line.message)"]))
      }
    }
  }
}
