import Metainfo
import NIOCore
internal import PluginKit

/// One declared message on one connection.
struct CustomMessagePeer {
  let message: CustomMessage
  private let desk: MessagesDesk
  private var rate: RateWindow
  private var sendRate: RateWindow
  private var replyRate: RateWindow
  private var hasGreeted = false
  private var hasToldInterest = false
  private var hasToldFinish = false
  private var sentAt: [Int: ContinuousClock.Instant] = [:]

  init(_ message: CustomMessage, desk: MessagesDesk) {
    (self.message, self.desk) = (message, desk)
    (rate, sendRate, replyRate) = (RateWindow(message.rate), RateWindow(message.sendRate), RateWindow(message.replyRate))
  }

  /// Whether the end of the download matters.
  var waitsForFinish: Bool { !hasToldFinish && message.occasions.contains(.finished) }

  // MARK: Sending

  /// What is due by now. `hasFinished`: the peer has all that it is granted.
  mutating func tick(_ peer: PeerContext, _ now: ContinuousClock.Instant, hasFinished: Bool) {
    guard peer.understands(message.name) else { return }
    if !hasGreeted {
      hasGreeted = true
      if message.occasions.contains(.handshake) { send(peer) }
    }
    tellInterest(peer)
    if hasFinished, waitsForFinish {
      hasToldFinish = true
      send(peer)
    }
    for (index, occasion) in message.occasions.enumerated() {
      guard case .interval(let nanoseconds) = occasion else { continue }
      guard let last = sentAt[index] else {
        // The first comes when the time has passed once.
        sentAt[index] = now
        continue
      }
      guard now - last >= .nanoseconds(nanoseconds) else { continue }
      sentAt[index] = now
      send(peer)
    }
  }

  /// At once where the peer can be told, else as soon as it can.
  mutating func tellInterest(_ peer: PeerContext) {
    guard peer.isInterested, !hasToldInterest, message.occasions.contains(.interested), peer.understands(message.name) else { return }
    hasToldInterest = true
    send(peer)
  }

  private mutating func send(_ peer: PeerContext) {
    guard let body = message.body else { return }
    guard sendRate.spend(at: peer.now) == .fine else { return desk.counters.count("messages_not_sent") }
    send(body, to: peer)
  }

  private func send(_ template: MessageTemplate, to peer: PeerContext) {
    let payload = template.rendered(desk.facts(peer)).encoded()
    // Facts can be long: the names of a certificate are.
    guard payload.count <= CustomMessage.longest else { return desk.counters.count("messages_not_sent") }
    peer.send(extended: message.name, ByteBuffer(bytes: payload))
    desk.counters.count("messages_sent")
  }

  // MARK: Receiving

  /// What the peer has sent under the name.
  mutating func received(_ payload: ByteBuffer, from peer: PeerContext) {
    switch rate.spend(at: peer.now) {
    case .fine: break
    case .tooMany: return refuse(peer, "more than \(message.rate)", "rate")
    case .flood: return desk.closeFlood(peer, message.name)
    }
    guard message.senders.admit(peer.facts) else { return refuse(peer, "this peer is not in 'from'", "from") }
    let body: Bencode
    do throws(BencodeError) {
      body = try Bencode.decode(Array(payload.readableBytesView), limits: limits)
    } catch {
      return peer.close("malformed \(message.name): \(error)")
    }
    guard body.dictionary != nil else { return peer.close("malformed \(message.name): it is no dictionary") }
    desk.counters.count("messages_received")
    store(body, of: peer)
    reply(to: peer)
  }

  private var limits: BencodeLimits { BencodeLimits(size: message.maximumSize, depth: MessageTemplate.deepest, tokens: 1_000) }

  private func store(_ body: Bencode, of peer: PeerContext) {
    guard !message.stored.isEmpty else { return }
    let kept = message.stored.compactMap { key in body[key].map { (Array(key.utf8), $0) } }
    let received = ReceivedMessage(
      name: message.name, principal: peer.facts.principal, at: desk.wallClock().seconds, artifact: peer.artifact.infoHash.description,
      body: .dictionary(Dictionary(kept) { first, _ in first }))
    if !desk.received.keep(received) { refuse(peer, "what is to be stored of it is too large, or of too many principals", "store") }
  }

  private mutating func reply(to peer: PeerContext) {
    guard let reply = message.reply, peer.understands(message.name) else { return }
    guard replyRate.spend(at: peer.now) == .fine else { return desk.counters.count("messages_not_replied") }
    send(reply, to: peer)
  }

  private func refuse(_ peer: PeerContext, _ reason: String, _ key: String) {
    desk.refuse(peer, "\(message.name): \(reason)", rule: "\(message.name).\(key)", place: message.place)
  }
}
