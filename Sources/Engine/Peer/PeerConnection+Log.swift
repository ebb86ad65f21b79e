import Logging
import PluginKit

/// What the log says of connections, each by its number: a line when a peer is let in, and one when it is gone. Refusals are the journal's. There
/// may be thousands a second, so they are for who looks for something.
extension PeerConnection {
  func logJoined() {
    core.logger.debug(
      "a peer was let in",
      metadata: .event(.peerJoined, logged(["artifact": "\(facts.artifact?.name ?? "")"])))
  }

  func logLeft(_ reason: DisconnectReason) {
    core.logger.debug("a peer has gone", metadata: .event(.peerLeft, logged(["reason": "\(reason.text)", "joined": "\(wasAuthorized)"])))
  }

  private func logged(_ more: Logger.Metadata) -> Logger.Metadata {
    more.merging([
      "connection": "\(number)", "peer": "\(address)", "principal": "\(facts.principal)", "direction": "\(direction)",
    ]) { $1 }
  }
}
