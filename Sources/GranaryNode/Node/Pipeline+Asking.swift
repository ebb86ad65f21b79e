import Dispatch
import PluginKit

extension Pipeline {
  /// Has the guards that may have to wait ask whom they ask about a connection, so that they have an answer when they are asked for one.
  /// Blocks within their deadlines: for threads that may wait.
  func askOthers(_ facts: PeerFacts) {
    guard admitsAsynchronously else { return }
    let isDone = DispatchSemaphore(value: 0)
    Task {
      _ = await admit(facts)
      isDone.signal()
    }
    isDone.wait()
  }
}
