import OpenSSL

/// What an authority's index keeps of a certificate. Written before any file of it, so that whatever exists can be revoked.
struct IssuedRecord: Codable, Sendable, Hashable {
  /// In hex.
  let serial: String
  /// The name that it was issued under, which its files have.
  let name: String
  let dns: [String]
  let uris: [String]
  /// Unix seconds.
  let notBefore: Int64
  /// Unix seconds.
  let notAfter: Int64
  /// The certificate as PEM.
  let certificate: String
  /// Unix seconds; nil while it is good.
  var revokedAt: Int64?
  var reason: String?

  init(_ certificate: Certificate, name: String) {
    (serial, self.name, dns, uris) = (certificate.serial, name, certificate.dnsNames, certificate.uris)
    (notBefore, notAfter) = (certificate.notBefore, certificate.notAfter)
    self.certificate = certificate.pem
  }

  enum CodingKeys: String, CodingKey {
    case serial, name, dns, uris, certificate, reason
    case notBefore = "not_before"
    case notAfter = "not_after"
    case revokedAt = "revoked_at"
  }

  /// As a revocation list has it; nil while it is good.
  var revocation: RevocationListDescription.Entry? {
    revokedAt.map { .init(serial: serial, date: $0, reason: reason.flatMap(RevocationReason.init(rawValue:))?.code) }
  }

  /// Whether this is its serial, however people write hex: in either case, with colons, with or without leading zeros.
  func hasSerial(_ text: String) -> Bool { Self.plain(text) == Self.plain(serial) }

  private static func plain(_ serial: String) -> Substring {
    serial.uppercased().filter { $0 != ":" }.drop { $0 == "0" }
  }
}
