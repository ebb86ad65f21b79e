import Control
import Inventory

/// What pausing and resuming come to in the inventory. Waits for the disk.
struct PauseDesk: Sendable {
  let database: InventoryDatabase

  /// What was done, and to which artifact.
  struct Answer: Sendable {
    let artifact: Artifact
    /// Whether it was otherwise before.
    let isChange: Bool
    var message: String
  }

  func pause(_ order: PauseOrder, by caller: ControlCaller) throws -> Answer {
    let artifact = try database.find(order.what)
    guard !artifact.isPausedByOperator else {
      return Answer(artifact: artifact, isChange: false, message: "\(artifact.name) is paused already, \(artifact.stateReason)")
    }
    let reason = "by \(caller)" + (order.reason.map { ": \($0)" } ?? "")
    try database.setState(.paused, reason: reason, of: artifact.id, at: .now())
    return Answer(artifact: artifact, isChange: true, message: "paused \(artifact.name)")
  }

  /// What may be given back by a word; throws where somebody else has to.
  func paused(_ what: String) throws -> Answer {
    let artifact = try database.find(what)
    guard !artifact.isWithheld else {
      throw Failure(.notPermitted, "\(artifact.name) is \(artifact.stateReason); it comes back with the catalogue's or this node's rules")
    }
    guard artifact.state == .paused else {
      return Answer(artifact: artifact, isChange: false, message: "\(artifact.name) is not paused, it is \(artifact.state.rawValue)")
    }
    return Answer(artifact: artifact, isChange: true, message: "resumed \(artifact.name)")
  }

  /// The same where no node runs: the next one takes it into service, and compares what is known of its files before it gives anything.
  func resume(_ what: String) throws -> Answer {
    let answer = try paused(what)
    guard answer.isChange else { return answer }
    let holding = try database.holding(of: answer.artifact.id)
    let isFetch = try database.fetch(of: answer.artifact.id) != nil
    let state: ArtifactState = isFetch ? .fetching : holding.evidence == nil ? .changed : .ready
    try database.setState(state, of: answer.artifact.id, at: .now())
    return answer
  }
}
