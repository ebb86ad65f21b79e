/// What is known of the link that a peer is on.
public enum PeerLink: Sendable {
  /// Not encrypted: anybody on the way can read it, and the peer is who its address says, as far as addresses say anything.
  case plain
  /// TLS that does not stand yet: the address is known, identities are not. A guard of `connect` that looks at identities allows what it
  /// cannot know yet; it is asked again once the link stands.
  case securing
  /// TLS, with a certificate that somebody we trust has vouched for.
  case tls(CertificateFacts)

  /// The certificate, where there is one.
  public var certificate: CertificateFacts? {
    if case .tls(let facts) = self { facts } else { nil }
  }

  /// Whether identities may still come.
  public var isSecuring: Bool {
    if case .securing = self { true } else { false }
  }
}

/// The certificate that a peer has shown, and who vouched for it. What it says is the peer's text: escape it where it is shown.
public final class CertificateFacts: Sendable {
  /// The trust entry that vouched for it: a name of the configuration's `tls`, or `torrent:` with the info-hash of an SSL torrent, whose
  /// authority vouches for that torrent alone.
  public let trust: String
  /// Whom it is of, as one line (RFC 2253).
  public let subject: String
  /// Its serial number, in hex.
  public let serial: String
  /// Those that signed it, up to the authority, as lines.
  public let issuers: [String]
  /// The last moment at which the verdict on it holds.
  public let validUntil: WallTime
  /// 32 bytes that only the two ends of this link have (RFC 9266), to bind a conversation to it; nil where the link cannot promise that.
  public let exporter: [UInt8]?
  /// Whether an SSL torrent's authority vouched for it.
  public var isTorrent: Bool { trust.hasPrefix(Identity.torrentTrust) }

  public init(trust: String, subject: String, serial: String, issuers: [String], validUntil: WallTime, exporter: [UInt8]?) {
    (self.trust, self.subject, self.serial, self.issuers) = (trust, subject, serial, issuers)
    (self.validUntil, self.exporter) = (validUntil, exporter)
  }
}

extension Identity {
  /// What the trust entries of SSL torrents begin with; their info-hash follows.
  public static let torrentTrust = "torrent:"
  /// Names of a certificate that are looked at, at most.
  private static let most = 16
  private static let longestURI = 2048
  private static let longestName = 255

  /// The identities that a certificate proves, the strongest first, which is the principal: SPIFFE ids, hosts, common names, and the key
  /// itself. Names that no pattern may match (control characters, too long) are left out; there are 16 at most, the key among them.
  ///
  /// - Parameter spkiSHA256: SHA-256 of the public key with its algorithm (SubjectPublicKeyInfo).
  public static func list(trust: String, uris: [String], dnsNames: [String], commonNames: [String], spkiSHA256: [UInt8]) -> [Identity] {
    let spiffe = uris.filter { $0.hasPrefix("spiffe://") && isFit($0, longestURI) }
    let hosts = dnsNames.filter { isFit($0, longestName) }.map { "dns:\($0)" }
    let common = commonNames.filter { isFit($0, longestName) }.map { "cn:\($0)" }
    let key = "spki:" + spkiSHA256.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    return ((spiffe + hosts + common).prefix(most - 1) + [key]).map { Identity(trust: trust, name: $0) }
  }

  private static func isFit(_ name: String, _ longest: Int) -> Bool {
    (1...longest).contains(name.utf8.count) && name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
  }
}
