import Metainfo
import NIOCore
internal import PluginKit

/// One peer's part in the exchange.
final class ExchangePeer: PeerPlugin {
  var blockHooks: BlockHooks { [] }

  private let peer: PeerContext
  private let roster: ExchangeRoster
  private let ticket: ExchangeRoster.Ticket
  /// Where the peer listens; nil while it has not said so.
  private var address: PeerAddress?
  /// Whether it takes part: always, or for a private artifact where it has asked for it.
  private var isPartner: Bool
  private var told: Set<PeerAddress> = []
  private var seen: UInt64 = 0
  private var nextMessage: ContinuousClock.Instant?

  /// BEP 11: no more than a message a minute.
  private static let interval = Duration.seconds(60)

  init(_ peer: PeerContext, roster: ExchangeRoster) {
    (self.peer, self.roster) = (peer, roster)
    ticket = roster.ticket(isSecure: peer.facts.link.certificate != nil)
    isPartner = !peer.artifact.isPrivate
    address = peer.facts.direction == .outbound ? peer.facts.address : nil
  }

  func addHandshake(_ additions: inout HandshakeAdditions) throws { additions.add(ExchangePlugin.privateKey, .integer(1)) }

  func onExtensionHandshake(_ handshake: ExtendedHandshake) throws -> Participation {
    if let port = handshake.listenPort, port > 0, peer.facts.direction == .inbound {
      address = PeerAddress(ip: peer.facts.address.ip, port: port)
    }
    if handshake.extra[ExchangePlugin.privateKey]?.integer == 1 { isPartner = true }
    enroll()
    return .stay
  }

  /// What peers tell is of no use to who dials nobody for it.
  func onExtended(_ name: String, _ payload: ByteBuffer) throws -> Handling { name == PeerExchangeMessage.name ? .handled : .pass }

  func tick(_ now: ContinuousClock.Instant) throws {
    enroll()
    guard mayTakePart, peer.understands(PeerExchangeMessage.name), nextMessage.map({ $0 <= now }) ?? true, roster.version != seen else {
      return
    }
    let (others, version) = roster.others(than: ticket)
    var message = PeerExchangeMessage()
    message.dropped = Array(told.lazy.filter { others[$0] == nil }.prefix(PeerExchangeMessage.most))
    message.added = Array(others.values.lazy.filter { !self.told.contains($0.address) }.prefix(PeerExchangeMessage.most))
    told.subtract(message.dropped)
    told.formUnion(message.added.map(\.address))
    // What had no room is told of a minute later.
    if told.count == others.count { seen = version }
    guard !message.isEmpty else { return }
    nextMessage = now + Self.interval
    peer.send(extended: PeerExchangeMessage.name, message.payload)
  }

  func onDisconnect(_ reason: DisconnectReason) { roster.set(nil, for: ticket) }

  /// Both are one question to the guards: who is told of others is told of.
  private var mayTakePart: Bool { isPartner && peer.grant.announce.isAllowed }

  /// The policy may have changed since the last time, and the peer may have become a seed.
  private func enroll() {
    guard mayTakePart, let address else { return roster.set(nil, for: ticket) }
    roster.set(PeerExchangeMessage.Entry(address: address, isSeed: peer.peerPieces.isFull), for: ticket)
  }
}
