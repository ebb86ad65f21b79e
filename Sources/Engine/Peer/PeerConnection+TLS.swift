import NIOCore
import OpenSSL
import PluginKit
import TLS

/// A connection over TLS, from the accepted socket to the identity of its peer, and what becomes of it when certificates change.
extension PeerConnection {
  /// The guards have seen the address: the handshake of TLS may begin.
  func beginSecuring() {
    context?.triggerUserOutboundEvent(TLSStart(), promise: nil)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? TLSEstablished { secured(event.link) }
    context.fireUserInboundEventTriggered(event)
  }

  /// The link stands: guards see the identity.
  private func secured(_ link: TLSLink) {
    guard let secure, phase == .admitting, !isRefused else { return }
    secure.stand(link)
    core.counters.count(.tlsLinks)
    core.linkNews.stood(link.entry)
    facts.link = .tls(CertificateFacts(link))
    facts.identities = Identity.list(link)
    handleEvent { $0.askToConnect { $0.beginHandshake() } }
  }

  /// A refusal once the identity is known. Who dialed us is let go on until it has named an artifact, so that it cannot tell from the moment
  /// of its end whether it is refused for what it is or for what it asks.
  func postpones(_ refusal: Judgement, isUnmatched: Bool) -> Bool {
    guard let secure, secure.link != nil, direction == .inbound, named == nil else { return false }
    secure.refusal = PostponedRefusal(judgement: refusal, isUnmatched: isUnmatched)
    beginHandshake()
    return true
  }

  /// TLS has failed, or the peer's certificate is not good: to the journal, and not to the wire.
  func failed(_ failure: TLSFailure) {
    core.counters.count(.tlsFailures)
    core.linkNews.failed(failure)
    let isRefusal =
      switch failure.kind {
      case .certificate, .serverName: true
      case .handshake, .record, .closed: false
      }
    guard phase != .closed, !isRefused else { return }
    journal(.connect, isRefusal ? "deny" : "close", plugin: "tls", rule: failure.code, reason: failure.reason)
    end(DisconnectReason(.policy(plugin: "tls"), failure.reason))
  }

  // MARK: Live links

  /// Judges the link again where that is due and the loop has time for it this turn.
  func judgeLinkIfDue(_ wall: WallTime) {
    guard let secure, secure.isDue(at: wall.seconds), loop.judgementsLeft > 0 else { return }
    loop.judgementsLeft -= 1
    judgeLink(secure, wall)
  }

  private func judgeLink(_ secure: SecureLink, _ wall: WallTime) {
    guard let link = secure.link else { return }
    do throws(CertificateRejection) {
      guard core.links.current.holds(link.entry, for: facts.artifact) else {
        throw CertificateRejection(.untrusted, "\(link.entry.name) is no trust entry any more")
      }
      try secure.judge(at: wall.seconds)
    } catch {
      journal(.connect, "deny", plugin: "tls", rule: error.code.rawValue, reason: error.reason)
      part(DisconnectReason(.policy(plugin: "tls"), error.reason))
    }
  }

  /// Whether what is asked for may be served on this link; else it is as unknown.
  func isReachable(_ artifact: ArtifactFacts) -> Bool { core.links.current.serves(artifact, on: secure?.link?.entry) }
}
