import NIOCore
internal import PluginKit

/// Questions about the inventory on one connection: one at a time.
///
/// An answer leaves with a tick, which comes once a second, and not when it is found: how long it took to find would tell what is forbidden
/// from what is unknown.
struct HavePeer {
  private static let patience = Duration.seconds(20)

  private let have: HaveDesk
  private let desk: MessagesDesk
  private var window: RateWindow
  private var pending: (id: Int64, inquiry: HaveInquiry, since: ContinuousClock.Instant)?

  init(_ have: HaveDesk, desk: MessagesDesk) {
    (self.have, self.desk) = (have, desk)
    window = RateWindow(have.rate)
  }

  mutating func received(_ payload: ByteBuffer, from peer: PeerContext) {
    switch window.spend(at: peer.now) {
    case .fine: break
    case .tooMany: return refuse(peer, "more than \(have.rate)", "have.rate")
    case .flood: return desk.closeFlood(peer, HaveMessage.name)
    }
    guard have.senders.admit(peer.facts) else { return refuse(peer, "this peer is not in 'from'", "have.from") }
    do throws(HaveMessage.Malformed) {
      let message = try HaveMessage(Array(payload.readableBytesView))
      switch message {
      case .question(let id, _), .catalogue(let id, _): ask(id, message, peer)
      // We ask nothing, so there is nothing to do with answers.
      case .answer, .part, .later: break
      }
    } catch {
      peer.close("malformed \(HaveMessage.name): \(error)")
    }
  }

  private mutating func ask(_ id: Int64, _ question: HaveMessage, _ peer: PeerContext) {
    var facts = peer.facts
    facts.now = desk.wallClock()
    guard pending == nil, let inquiry = have.look(into: question, for: facts) else { return send(.later(id: id), to: peer) }
    pending = (id, inquiry, peer.now)
    desk.counters.count("messages_have_questions")
  }

  mutating func tick(_ peer: PeerContext, _ now: ContinuousClock.Instant) {
    guard let asked = pending else { return }
    if let answer = asked.inquiry.answer {
      pending = nil
      send(answer, to: peer)
    } else if now - asked.since > Self.patience {
      end()
      send(.later(id: asked.id), to: peer)
    }
  }

  mutating func end() {
    pending?.inquiry.cancel()
    pending = nil
  }

  private func send(_ message: HaveMessage, to peer: PeerContext) {
    peer.send(extended: HaveMessage.name, ByteBuffer(bytes: message.encoded))
  }

  private func refuse(_ peer: PeerContext, _ reason: String, _ rule: String) {
    desk.refuse(peer, "\(HaveMessage.name): \(reason)", rule: rule, place: have.place)
  }
}
