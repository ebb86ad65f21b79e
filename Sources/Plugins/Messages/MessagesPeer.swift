import Metainfo
import NIOCore
internal import PluginKit

/// One connection's messages. A peer that sends what is none of a name's messages goes, with the reason in the journal.
final class MessagesPeer: PeerPlugin {
  var blockHooks: BlockHooks { [] }

  private let peer: PeerContext
  private var custom: [CustomMessagePeer]
  private var notices: NoticePeer?
  private var have: HavePeer?
  /// Whether the peer has told of pieces since it was last looked at.
  private var hasNews = false
  private var hasFinished = false

  init(_ peer: PeerContext, desk: MessagesDesk) {
    self.peer = peer
    custom = desk.custom.map { CustomMessagePeer($0, desk: desk) }
    notices = desk.notices.map { NoticePeer($0, desk: desk) }
    have = desk.have.map { HavePeer($0, desk: desk) }
    // After a reload the peer may have told of its pieces before.
    hasNews = true
  }

  func onExtended(_ name: String, _ payload: ByteBuffer) throws -> Handling {
    if let index = custom.firstIndex(where: { $0.message.name == name }) {
      custom[index].received(payload, from: peer)
    } else if name == Notice.name, notices != nil {
      notices?.received(payload, from: peer)
    } else if name == HaveMessage.name, have != nil {
      have?.received(payload, from: peer)
    } else {
      return .pass
    }
    return .handled
  }

  func onInterested() throws -> Handling {
    for index in custom.indices { custom[index].tellInterest(peer) }
    return .pass
  }

  func onHave(_ piece: Int) throws -> Handling { tellOfPieces() }
  func onBitfield(_ pieces: Bitfield) throws -> Handling { tellOfPieces() }
  func onHaveAll() throws -> Handling { tellOfPieces() }

  func tick(_ now: ContinuousClock.Instant) throws {
    lookForFinish()
    for index in custom.indices { custom[index].tick(peer, now, hasFinished: hasFinished) }
    notices?.tick(peer)
    have?.tick(peer, now)
  }

  func onDisconnect(_ reason: DisconnectReason) { have?.end() }

  private func tellOfPieces() -> Handling {
    hasNews = true
    return .pass
  }

  /// Whether the peer has all that it is granted is looked at once a second, and not with each of its messages.
  private func lookForFinish() {
    guard hasNews, !hasFinished, custom.contains(where: \.waitsForFinish) else { return }
    hasNews = false
    let granted = peer.grant.visible(Bitfield(count: peer.artifact.layout.pieceCount, filled: true))
    hasFinished = !granted.isEmpty && granted.intersection(peer.peerPieces) == granted
  }
}
