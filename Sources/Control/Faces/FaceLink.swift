import NIOCore
import OpenSSL
import PluginKit
import TLS
import Tracker

/// Who is at the other end of a face's link.
struct FaceLink {
  let remote: PluginKit.PeerAddress
  /// The address of ours that was asked.
  let local: IPAddress?
  /// What the link's certificate proves, the strongest first; none on a plain link.
  let identities: [Identity]
  /// The certificate of a TLS link; nil for a plain one.
  let certificate: CertificateFacts?

  /// Nil where the link is over, or its certificate is not known.
  init?(_ channel: any Channel, isSecure: Bool) async {
    let holder = isSecure ? try? await channel.pipeline.handler(type: SecureLinkHolder.self).get() : nil
    self.init(channel, isSecure: isSecure, link: holder?.link(at: WallTime.now.seconds))
  }

  /// The same, with the TLS link where there is one.
  init?(_ channel: any Channel, isSecure: Bool, link: TLSLink?) {
    guard let remote = channel.remoteAddress.flatMap(PluginKit.PeerAddress.init(socket:)) else { return nil }
    self.remote = remote
    local = channel.localAddress.flatMap(PluginKit.PeerAddress.init(socket:))?.ip
    guard isSecure else {
      (identities, certificate) = ([], nil)
      return
    }
    guard let link else { return nil }
    let proven = link.certificate
    identities = Identity.list(
      trust: link.entry.name, uris: proven.uris, dnsNames: proven.dnsNames, commonNames: proven.commonNames, spkiSHA256: proven.spkiSHA256)
    let (nanoseconds, overflow) = link.validUntil.multipliedReportingOverflow(by: 1_000_000_000)
    certificate = CertificateFacts(
      trust: link.entry.name, subject: proven.subject, serial: proven.serial, issuers: link.chain.dropFirst().map(\.subject),
      validUntil: WallTime(nanoseconds: overflow ? .max : nanoseconds), exporter: link.exporter)
  }
}
