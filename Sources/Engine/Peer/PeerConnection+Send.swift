import Metainfo
import NIOCore
import PeerProtocol
import PluginKit

/// Small messages out, and what plugins asked for.
extension PeerConnection {
  /// Encodes a message; it leaves at the end of the event.
  func send(_ message: PeerMessage, _ told: SentMessage? = nil) {
    guard phase != .closed else { return }
    PeerMessageEncoder.encode(message, into: &control)
    if let told { active?.chain.sent(told) }
  }

  func flushControl() {
    guard phase != .closed, control.readableBytes > 0, let context else { return }
    let bytes = control
    control = ByteBuffer()
    lastSent = core.clock.now()
    controlSinceWritable += bytes.readableBytes
    context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    holdBackReading()
  }

  /// Reads no more from a peer that makes us answer and does not take the answers.
  func holdBackReading() {
    guard let context, !context.channel.isWritable else { return }
    if controlSinceWritable > 64 << 10 || active?.queue.isNearlyFull == true { pauseReading() }
  }

  /// Carries out what plugins asked for, in order.
  func runActs() throws {
    guard let peer = active else { return }
    while phase != .closed, !peer.context.acts.isEmpty {
      let acts = peer.context.acts
      peer.context.acts = []
      for act in acts where phase != .closed { try run(act, peer) }
    }
  }

  private func run(_ act: PeerAct, _ peer: ActivePeer) throws {
    switch act {
    case .extended(let name, let payload):
      guard let id = peer.context.peerMessages[name], mayExchange(name, peer) else { return }
      send(.extended(id: id, payload), .extended(name))
    case .piece(let block, let bytes): pay(block, bytes, peer)
    case .reject(let block):
      active?.debts[block] = nil
      refuse(block)
    case .choke: hold(true)
    case .unchoke: hold(false)
    case .suggest(let piece):
      guard peer.context.supportsFast, peer.announced[piece] else { return }
      send(.suggest(UInt32(piece)), .suggest(piece))
    case .allowFast(let piece):
      guard peer.context.supportsFast, peer.announced[piece] else { return }
      active?.session.willAllowFast(piece)
      send(.allowedFast(UInt32(piece)), .allowedFast(piece))
    case .judge: judgeAgain(core.pipeline)
    case .close(let reason, let plugin): close(DisconnectReason(.policy(plugin: plugin ?? "plugin"), reason))
    }
  }

  /// A block that a plugin sends in place of ours: it passes the grant like any other.
  private func pay(_ block: Block, _ bytes: ByteBuffer, _ peer: ActivePeer) {
    guard active?.debts.removeValue(forKey: block) != nil else { return }
    guard peer.context.grant.allows(block, in: peer.layout), bytes.readableBytes == Int(block.length) else { return refuse(block) }
    send(.piece(PieceData(piece: block.piece, offset: block.offset, bytes: bytes)), .piece(block))
    chargeTokens(Int(block.length))
    count(bytes: Int(block.length), blocks: 1)
  }

  func hold(_ isHeld: Bool) {
    if let swarm = active?.swarm { core.hold(number, isHeld: isHeld, in: swarm) }
  }

  /// The artifact was paused or resumed: what holds now is asked, for words to several loops may overtake each other.
  func pauseOrResume() {
    guard let swarm = active?.swarm else { return }
    core.pause(number, in: swarm)
    // A peer that is choked already may have asked for pieces that it was allowed.
    guard swarm.isPaused, active?.context.isChoked == true else { return }
    handleOrJoin { connection in
      for block in connection.dropQueued() { connection.refuse(block) }
    }
  }

  /// The choker's word. A choke drops what is queued: with rejects where the peer speaks BEP 6.
  func setChoked(_ isChoked: Bool) {
    guard let peer = active, phase == .active, peer.context.isChoked != isChoked else { return }
    handleOrJoin { connection in
      peer.context.isChoked = isChoked
      if isChoked {
        connection.active?.session.willChoke()
        connection.send(.choke, .choke)
        for block in connection.dropQueued() { connection.refuse(block) }
      } else {
        connection.active?.session.willUnchoke()
        connection.send(.unchoke, .unchoke)
        if peer.isSuperSeeded { connection.reveal(peer) }
      }
    }
  }

  /// Runs within the event that goes on, or as one of its own.
  func handleOrJoin(_ body: (PeerConnection) -> Void) {
    if isHandlingEvent { body(self) } else { handleEvent { body($0) } }
  }

  func dropQueued() -> [Block] {
    guard let peer = active else { return [] }
    let waiting = peer.postponed.map(\.block) + peer.debts.keys
    peer.postponed.removeAll()
    peer.debts.removeAll()
    return peer.queue.removeAll() + waiting
  }
}
