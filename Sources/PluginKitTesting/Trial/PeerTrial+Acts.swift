import Metainfo
import NIOCore
import PeerProtocol
import PluginKit

/// What a plugin asks its context for, done as the engine does it.
extension PeerTrial {
  /// BEP 10 has no bound; nobody takes more.
  private static let longestMessage = 1 << 20

  func runActs() throws {
    // Each act may bring about others: told of what was sent, a plugin may ask again.
    for _ in 0..<1000 where !context.acts.isEmpty {
      let acts = context.acts
      context.acts = []
      for act in acts where !isOver { try run(act) }
    }
    guard !context.acts.isEmpty else { return }
    found("an end to what it asks for in one event", "each thing that is done for it has it ask for another")
    context.acts = []
  }

  private func run(_ act: PeerAct) throws {
    switch act {
    case .extended(let name, let payload): send(name, payload)
    case .piece(let block, let bytes): pay(block, bytes)
    case .reject(let block): reject(block)
    case .choke: choke(true)
    case .unchoke: choke(false)
    case .suggest(let piece): tell(of: piece, "suggests", .suggest(piece))
    case .allowFast(let piece): tell(of: piece, "allows", .allowedFast(piece))
    case .judge:
      context.grant = bench.pipeline.grant(context.facts)
      if context.grant.isEmpty { throw Refusal(plugin: bench.installed.name, reason: "nothing is granted any more") }
    case .close(let reason, let plugin):
      if let flaw = CleanText.flaw(of: reason) { bench.log.found(.reason, nil, "a reason for which it closes a connection", flaw) }
      throw Refusal(plugin: plugin ?? bench.installed.name, reason: reason)
    }
  }

  private func send(_ name: String, _ payload: ByteBuffer) {
    guard context.peerMessages[name] != nil else { return }
    if payload.readableBytes > Self.longestMessage {
      found("extended messages of at most \(Self.longestMessage) bytes", "\(name) has \(payload.readableBytes)")
    }
    chain.sent(.extended(name))
  }

  private func pay(_ block: Block, _ bytes: ByteBuffer) {
    if !asked.contains(block) { found("blocks that the peer has asked for", "it sends another: \(block)") }
    if bytes.readableBytes != Int(block.length) { found("blocks of their length", "\(block) with \(bytes.readableBytes) bytes") }
    // One that has been taken back, or paid, is dropped.
    guard debts.remove(block) != nil else { return }
    chain.sent(.piece(block))
    sentPayload(Int(block.length))
  }

  private func reject(_ block: Block) {
    if !asked.contains(block) { found("rejects of what the peer has asked for", "it rejects another: \(block)") }
    debts.remove(block)
    chain.sent(.reject(block))
  }

  private func choke(_ isChoked: Bool) {
    guard context.isChoked != isChoked else { return }
    context.isChoked = isChoked
    chain.sent(isChoked ? .choke : .unchoke)
  }

  private func tell(of piece: Int, _ verb: String, _ message: SentMessage) {
    guard (0..<setting.artifact.layout.pieceCount).contains(piece) else {
      return found("pieces of the artifact", "it \(verb) piece \(piece) of \(setting.artifact.layout.pieceCount)")
    }
    if context.supportsFast { chain.sent(message) }
  }

  func sentPayload(_ bytes: Int) {
    context.uploaded += Int64(bytes)
    chain.sentPayload(bytes)
  }

  private func found(_ expected: String, _ happened: String) { bench.log.found(.act, nil, expected, happened) }
}
