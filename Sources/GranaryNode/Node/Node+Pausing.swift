import Control
import Engine
import Inventory
import Metainfo
import Tracker

/// Artifacts out of service for a while, by an operator's word. All of it waits for the disk.
extension Node {
  /// Peers stay connected and are given nothing; trackers are told that we are gone.
  func pause(_ order: PauseOrder, by caller: ControlCaller) throws -> PauseDesk.Answer {
    let desk = PauseDesk(database: database)
    let artifact = try database.find(order.what)
    let (before, id) = (artifact.state, artifact.id.rawValue)
    // The engine first: nothing more is given from now on, whatever the inventory's disk says.
    let answer = engine.pause(id)
    guard answer != .handledByPlugin else {
      return .init(artifact: artifact, isChange: false, message: "a plugin has taken it upon itself to pause \(artifact.name)")
    }
    do {
      let done = try desk.pause(order, by: caller)
      announcements.remove(id)
      tracking?.tracker.remove(id)
      return done
    } catch {
      if before != .paused { engine.resume(id) }
      throw error
    }
  }

  /// What stayed in the engine goes on at once; all else comes back as far as its evidence holds.
  func resume(_ what: String) throws -> PauseDesk.Answer {
    let answer = try PauseDesk(database: database).paused(what)
    guard answer.isChange else { return answer }
    let artifact = answer.artifact
    if try database.fetch(of: artifact.id) != nil { return try resumeFetch(artifact, answer) }
    if engine.isServing(artifact.id.rawValue), try database.holding(of: artifact.id).evidence != nil {
      // Its peers are still here; what is given is compared with the evidence as ever.
      try database.setState(.ready, of: artifact.id, at: .now())
      try announce(artifact.id)
    } else {
      try putBack(artifact, reason: "resumed")
    }
    guard engine.resume(artifact.id.rawValue) != .handledByPlugin else {
      return .init(artifact: artifact, isChange: true, message: "a plugin has taken it upon itself to resume \(artifact.name)")
    }
    return answer
  }

  private func resumeFetch(_ artifact: Artifact, _ answer: PauseDesk.Answer) throws -> PauseDesk.Answer {
    let id = artifact.id
    try database.setState(.fetching, of: id, at: .now())
    if engine.fetchSnapshot(of: id.rawValue) == nil {
      try startFetch(id)
    } else {
      try announce(id)
    }
    engine.resume(id.rawValue)
    return answer
  }

  /// Into service again as far as its evidence holds, else in line for verification.
  func putBack(_ artifact: Artifact, reason: String) throws {
    try database.setState(.changed, reason: reason, of: artifact.id, at: .now())
    if try !putInService(database.holding(of: artifact.id)) { takeCare(of: [artifact.id], now: .now) }
  }
}
