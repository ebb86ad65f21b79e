import Control
import Engine
import Foundation
import Inventory
import Logging
import Metainfo
import NIOPosix
import PeerProtocol
import PluginKit
import ServiceLifecycle
import Storage
import Synchronization
import Tracker

/// How a node gives its place to another run of the same state directory: nobody who connects in between is refused.
///
///     former                                      heir
///     control socket: who asks is expected  <───  asks, and waits at a socket of its own
///     services end; accepts no more               (the kernel goes on taking connections)
///     journal stored and closed
///     letter, lock, listening sockets       ───>  opens the inventory, accepts
///     queued blocks go out                        serves
///     what came together meanwhile          ───>  stores it
///     ends
extension Node {
  private static let writingTime = Duration.seconds(5)
  /// The heir reads the rest once it serves.
  private static let remainderTime = Duration.seconds(60)

  /// Somebody wants this node's place and waits at a socket: it is met there, and the node's services are told to end.
  func handOver(_ order: HandoverOrder) async throws -> ChangeDocument {
    let services = state.withLock { $0.heir == nil && $0.mayBeReplaced ? $0.services : nil }
    guard let services else {
      throw Failure(.tryLater, "the process that holds the state directory gives its place to nobody (again)").document
    }
    let line = try await NIOThreadPool.singleton.runIfActive { try HandoverLine.connect(to: order.socket) }
    let isFirst = state.withLock { state in
      defer { state.heir = state.heir ?? line }
      return state.heir == nil
    }
    guard isFirst else { throw Failure(.tryLater, "another run is to take this one's place").document }
    logger.notice("another run takes this one's place", metadata: .event(.nodeHandsOver))
    await services.triggerGracefulShutdown()
    return ChangeDocument(message: "the place is handed over")
  }

  /// The end of a node that has an heir; its services have ended. Gives the run's report, as `shutDown` does. Throws where the heir is gone before
  /// it has the place: then `shutDown` is yet to come.
  func end(for heir: HandoverLine) async throws(HandoverLine.Broken) -> String? {
    beginEnd()
    let sockets = await engine.release()
    savePluginStates()
    flusher.stop()
    finishJournal()
    try hand(sockets, to: heir)
    await announcements.finish()
    await announcer.handOver()
    await service.signals.unlessHurried { [self] in
      await engine.stop(drain: Self.drainTime)
      await children.stop(within: Self.childrenTime)
    }
    watchdog?.stop()
    pulse?.stop()
    // Sums that whoever comes adds to; the journal's chain has one writer, who has it now.
    try? ledger.flush()
    try? pending.flush()
    let text = storeReport(why: RunEnd.replaced.rawValue)
    surrenderJournal(to: heir)
    closeInventory(isLast: false)
    logger.notice("stopped", metadata: .event(.nodeStopped, ["why": "\(RunEnd.replaced.rawValue)"]))
    return text
  }

  private func hand(_ sockets: [ListeningSocket], to heir: HandoverLine) throws(HandoverLine.Broken) {
    defer { for socket in sockets { close(socket.descriptor) } }
    let letter = HandoverLetter(pid: getpid(), run: run, peerID: Hex.encode(peerID.bytes))
    try heir.send(letter, descriptors: [lock.descriptor] + sockets.map(\.descriptor), within: Self.writingTime)
    // Where both are processes of one unit, the unit goes on with the heir.
    if let process = heir.process { service.handOver(to: process) }
  }

  private func surrenderJournal(to heir: HandoverLine) {
    let rest = journal.writer.surrender()
    do throws(HandoverLine.Broken) {
      try heir.send(HandoverRemainder(journal: rest), within: Self.remainderTime)
    } catch {
      logger.error(
        "what came together at the end is not in the journal",
        metadata: .event(.nodeHandoverFailed, ["rows": "\(rest.count)", "error": "\(error)"]))
    }
  }

  /// Stores what the former node sends until its end. Blocks.
  func awaitRemainder(of former: Inheritance) {
    let process: Logger.Metadata = ["process": "\(former.letter.pid)"]
    do {
      guard let remainder = try former.remainder() else { return }
      journal.writer.adopt(remainder.journal)
      logger.info("the run before this one has ended", metadata: .event(.nodeReplaced, process))
    } catch {
      logger.warning(
        "the run before this one has not said all", metadata: .event(.nodeHandoverFailed, process.merging(["error": "\(error)"]) { $1 }))
    }
  }
}
