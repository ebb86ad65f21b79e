import NIOCore
import PeerProtocol
internal import PluginKit
import Synchronization

/// Notices on one connection: ours go out once each, the peer's are looked at.
struct NoticePeer {
  /// Notices are rare: more in a minute are no news.
  private static let rate = MessageRate(count: 12, seconds: 60)

  private let book: NoticeBook
  private let desk: MessagesDesk
  private var window = RateWindow(NoticePeer.rate)
  private var seen = 0
  private var sent: Int64 = 0

  init(_ book: NoticeBook, desk: MessagesDesk) {
    (self.book, self.desk) = (book, desk)
  }

  /// Sends our notice where the peer has not had it yet.
  mutating func tick(_ peer: PeerContext) {
    let changes = book.changes.load(ordering: .relaxed)
    guard book.issues, changes != seen, peer.understands(Notice.name) else { return }
    seen = changes
    guard let notice = book.ours(of: peer.artifact.infoHash, now: desk.wallClock()), notice.sequence != sent else { return }
    sent = notice.sequence
    peer.send(extended: Notice.name, ByteBuffer(bytes: notice.encoded))
    desk.counters.count("messages_notices_sent")
  }

  mutating func received(_ payload: ByteBuffer, from peer: PeerContext) {
    switch window.spend(at: peer.now) {
    case .fine: break
    case .tooMany: return desk.refuse(peer, "\(Notice.name): more than \(Self.rate)", rule: "notices.rate", place: nil)
    case .flood: return desk.closeFlood(peer, Notice.name)
    }
    let notice: Notice
    do throws(NoticeProblem) {
      notice = try Notice(Array(payload.readableBytesView))
    } catch {
      return peer.close("malformed \(Notice.name): \(error)")
    }
    switch book.offer(notice, on: peer.artifact.infoHash, now: desk.wallClock()) {
    case .known: break
    case .news:
      desk.counters.count("messages_notices_received")
      let summary = EscapedText.escape(notice.content.summary.utf8)
      desk.record(peer, "allow", "\(Notice.name) \(notice.sequence): \(summary)", rule: "notices.trusted", place: nil)
    case .refused(let reason, let rule, let place): desk.refuse(peer, reason, rule: rule, place: place)
    }
  }
}
