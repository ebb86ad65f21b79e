import OpenSSL

/// What is known of a link whose peer's certificate was judged good.
package struct TLSLink: Sendable {
  /// Who vouched for the peer.
  package let entry: TLSEntry
  /// What the peer is on the link.
  package let role: PeerRole
  /// What the peer showed, its certificate first. Never empty.
  package let shown: [Certificate]
  /// The peer's certificate, those that signed it, and the authority.
  package let chain: [Certificate]
  /// The last moment at which the verdict holds, in seconds since 1970: certificates or lists of revocations run out.
  package private(set) var validUntil: Int64
  /// The entry's generation that the verdict is of.
  package private(set) var generation: UInt64
  /// 32 bytes that only the two ends of this link have (RFC 9266); nil where the link's version cannot promise that.
  package let exporter: [UInt8]?
  /// Such as `TLSv1.3`.
  package let version: String
  /// Such as `TLS_AES_128_GCM_SHA256`.
  package let cipher: String

  /// The peer's certificate.
  package var certificate: Certificate { shown[0] }

  /// - Parameter generation: what the entry was when the handshake began.
  init?(_ session: TLSSession, entry: TLSEntry, generation: UInt64, role: PeerRole) {
    let shown = session.shown
    guard let approval = session.approval, !shown.isEmpty else { return nil }
    (self.entry, self.generation, self.role, self.shown) = (entry, generation, role, shown)
    (chain, validUntil, exporter) = (approval.chain, approval.validUntil, session.exporter)
    (version, cipher) = (session.version, session.cipher)
  }

  /// Whether it should be judged again: what is behind its entry was replaced, or the verdict's time is over.
  package func isDue(at moment: Int64) -> Bool { entry.generation != generation || moment > validUntil }

  /// Judges again where that is due: who holds a handshake or a link open does not keep what was taken from him.
  package mutating func catchUp(at moment: Int64) throws(CertificateRejection) {
    guard isDue(at: moment) else { return }
    let today = entry.generation
    validUntil = try entry.judge(self, at: moment)
    generation = today
  }
}

/// Inbound user event: the link stands. Once, before any plaintext.
package struct TLSEstablished: Sendable {
  package let link: TLSLink
}

/// Outbound user event: the handshake may begin. Until it comes nothing is sent, and nothing is read.
package struct TLSStart: Sendable {
  package init() {}
}

/// Why there is no link, or no link any more.
package struct TLSFailure: Error, Sendable, CustomStringConvertible {
  package enum Kind: Sendable {
    case certificate(CertificateRejection)
    /// The client asked for a name that stands for nothing.
    case serverName
    /// The peer does not speak TLS, or not as we do.
    case handshake
    /// After the handshake.
    case record
    /// The peer hung up within the handshake.
    case closed
  }

  package let kind: Kind
  package let reason: String

  package var description: String { reason }

  /// A word for the kind, for rules and counters.
  package var code: String {
    switch kind {
    case .certificate(let rejection): rejection.code.rawValue
    case .serverName: "server-name"
    case .handshake: "handshake"
    case .record: "record"
    case .closed: "closed"
    }
  }
}

/// Which side of links a handler plays.
package enum TLSRole: Sendable {
  /// All of one entry.
  case server(TLSEntry)
  /// The name that the client asks for picks the entry; nil refuses. Links begin in `entrance`.
  case torrentServer(entrance: TLSContext, choose: @Sendable (_ serverName: String?) -> TLSEntry?)
  /// We have dialed. The name goes out in clear; nil for none.
  case client(TLSEntry, serverName: String?)
}
