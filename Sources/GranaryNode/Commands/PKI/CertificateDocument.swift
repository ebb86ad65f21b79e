import Foundation
import OpenSSL

/// A certificate, as the `pki` commands show it.
struct CertificateDocument: Encodable {
  /// The name that it was issued under; nil where no index knows it.
  let name: String?
  let subject: String
  let issuer: String
  let serial: String
  let notBefore: String
  let notAfter: String
  /// Whole days until it ends; negative afterwards.
  let daysLeft: Int64
  /// `good`, `revoked`, `expired` or `not-yet-valid`.
  let state: String
  let isAuthority: Bool
  let dns: [String]
  let uris: [String]
  /// As policies name its owner, the strongest first, without the trust entry that vouches for them.
  let identities: [String]
  /// SHA-256 of its key, in hex.
  let spkiSHA256: String
  let revokedAt: String?
  let reason: String?

  enum CodingKeys: String, CodingKey {
    case name, subject, issuer, serial, state, dns, uris, identities, reason
    case notBefore = "not_before"
    case notAfter = "not_after"
    case daysLeft = "days_left"
    case isAuthority = "authority"
    case spkiSHA256 = "spki_sha256"
    case revokedAt = "revoked_at"
  }

  init(_ record: IssuedRecord, at now: Int64) throws {
    guard let certificate = try Certificate.all(pem: Array(record.certificate.utf8)).first else {
      throw Failure(.badData, "the index holds no certificate for serial \(record.serial)")
    }
    self.init(certificate, record: record, at: now)
  }

  init(_ certificate: Certificate, record: IssuedRecord? = nil, at now: Int64) {
    (name, subject, issuer) = (record?.name, certificate.subject, certificate.issuer)
    (serial, isAuthority) = (certificate.serial, certificate.isAuthority)
    (dns, uris) = (certificate.dnsNames, certificate.uris)
    (notBefore, notAfter) = (certificate.notBefore.iso8601, certificate.notAfter.iso8601)
    daysLeft = Int64((Double(certificate.notAfter - now) / Double(PrivateAuthority.day)).rounded(.down))
    (revokedAt, reason) = (record?.revokedAt?.iso8601, record?.reason)
    spkiSHA256 = certificate.spkiSHA256.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    identities =
      uris.filter { $0.hasPrefix("spiffe://") } + dns.map { "dns:" + $0 } + certificate.commonNames.map { "cn:" + $0 }
      + ["spki:" + spkiSHA256]
    state = Self.state(certificate, isRevoked: record?.revokedAt != nil, at: now)
  }

  private static func state(_ certificate: Certificate, isRevoked: Bool, at now: Int64) -> String {
    if isRevoked { return "revoked" }
    if now > certificate.notAfter { return "expired" }
    return now < certificate.notBefore ? "not-yet-valid" : "good"
  }

  /// In one line, for a list.
  var line: String {
    let since = revokedAt.map { " since \($0)" + (reason.map { " (\($0))" } ?? "") } ?? ", until \(notAfter), \(daysLeft) days left"
    return "\(escaped(name ?? subject))  \(serial)  \(state)\(since)"
  }

  /// All of it, for people.
  var lines: [String] {
    let roles = [
      ("subject", subject), ("issuer", issuer), ("serial", serial), ("from", notBefore), ("until", "\(notAfter), \(daysLeft) days left"),
    ]
    let names = isAuthority ? [("spki", spkiSHA256)] : identities.map { ("identity", $0) }
    return (roles + names).map { "\($0.padding(toLength: 9, withPad: " ", startingAt: 0)) \(escaped($1))" }
  }
}
