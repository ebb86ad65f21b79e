import OpenSSL
import PluginKit
import TLS

/// A refusal that waits to be told.
struct PostponedRefusal {
  let judgement: Judgement
  /// Whether nothing in the policy is about the peer, and no guard says no for another reason: an approval for what it will name lifts it.
  let isUnmatched: Bool
}

/// What a connection knows of its TLS link. Lives on the connection's loop.
final class SecureLink {
  /// nil until the link stands.
  private(set) var link: TLSLink?
  /// A refusal that was spoken when the identity became known. It waits until the peer has named an artifact: who is refused for what it is
  /// must look like one that is refused for what it asks.
  var refusal: PostponedRefusal?

  /// The link stands.
  func stand(_ link: TLSLink) { self.link = link }

  /// Whether it should be judged again.
  func isDue(at moment: Int64) -> Bool { link?.isDue(at: moment) ?? false }

  /// Judges the link as if it were made now, where that is due.
  func judge(at moment: Int64) throws(CertificateRejection) { try link?.catchUp(at: moment) }
}

extension CertificateFacts {
  convenience init(_ link: TLSLink) {
    self.init(
      trust: link.entry.name, subject: link.certificate.subject, serial: link.certificate.serial,
      issuers: link.chain.dropFirst().map(\.subject), validUntil: WallTime(seconds: link.validUntil), exporter: link.exporter)
  }
}

extension Identity {
  /// What a link's certificate proves, the strongest first.
  static func list(_ link: TLSLink) -> [Identity] {
    let certificate = link.certificate
    return list(
      trust: link.entry.name, uris: certificate.uris, dnsNames: certificate.dnsNames, commonNames: certificate.commonNames,
      spkiSHA256: certificate.spkiSHA256)
  }
}

extension WallTime {
  /// Seconds since 1970, as far as nanoseconds reach.
  init(seconds: Int64) {
    let (nanoseconds, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    self.init(nanoseconds: overflows ? (seconds < 0 ? .min : .max) : nanoseconds)
  }
}
