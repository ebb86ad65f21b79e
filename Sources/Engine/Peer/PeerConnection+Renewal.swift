import Metainfo
import PeerProtocol
import PluginKit

/// A reload's handlers in the place of the former ones: a quota that is new, or another one than before, holds for those that are there.
extension PeerConnection {
  /// Makes the handlers of the policy in force, tells them what is known of the peer, and asks them about the requests that wait.
  func renewHandlers() throws {
    guard let peer = active else { return }
    let members = try peer.swarm.members(of: pipeline)
    for member in members { try onAuthorized(member) }
    let queued = dismissHandlers(peer)
    try makeHandlers(members, peer)
    if let refused = try peer.chain.onHandshake(peer.handshake) { throw Refusal(plugin: refused.plugin, reason: refused.answer) }
    if let known = peer.session.peerExtensions, let refused = try peer.chain.onExtensionHandshake(known) {
      throw Refusal(plugin: refused.plugin, reason: refused.answer)
    }
    if peer.context.isInterested { try interest(true, changed: true, peer) }
    for block in queued { try ask(block, peer.chain) }
  }

  /// The former handlers go: what they have promised is not sent, nobody is kept choked for them, and what they have let through is asked
  /// about again.
  private func dismissHandlers(_ peer: ActivePeer) -> [Block] {
    let promised = Array(peer.debts.keys)
    peer.debts.removeAll()
    for block in promised { refuse(block) }
    let queued = peer.queue.removeAll()
    peer.chain.onDisconnect(DisconnectReason(.engine, "the policy is a new one"))
    peer.chain = PeerPluginChain(lane: loop.lane, connection: number)
    peer.context.acts.removeAll()
    hold(false)
    return queued
  }
}
