import OpenSSL

/// `granary pki show`.
struct PKIShowDocument: Encodable {
  let schema = "granary.pki.show/1"
  /// The authority itself, where all of it is shown.
  var authority: CertificateDocument?
  var certificates: [CertificateDocument]
  var revocationLists: [RevocationListDocument] = []
  var warnings: [String] = []

  enum CodingKeys: String, CodingKey {
    case schema, authority, certificates, warnings
    case revocationLists = "revocation_lists"
  }

  /// For people.
  var lines: [String] {
    let own = authority.map { ["authority"] + $0.lines.map { "  " + $0 } } ?? []
    let lists = revocationLists.flatMap { ["list of what is revoked, by \(escaped($0.issuer)): \($0.line)"] + $0.revoked.map { "  " + $0 } }
    guard authority == nil else { return own + lists + certificates.map(\.line) }
    return certificates.flatMap { [$0.line] + $0.lines.map { "  " + $0 } } + lists
  }
}

extension PKIShowDocument {
  /// An authority's certificate, its list, and everything that it has issued.
  static func authority(_ folder: AuthorityFolder, at now: Int64) throws -> PKIShowDocument {
    let certificate = try folder.readCertificate()
    let (records, list) = (try AuthorityIndex(folder).records, try folder.readRevocationList())
    return PKIShowDocument(
      authority: CertificateDocument(certificate, at: now), certificates: try records.map { try CertificateDocument($0, at: now) },
      revocationLists: [RevocationListDocument(list, at: now)], warnings: warnings(certificate, records, list, folder, at: now))
  }

  private static func warnings(
    _ certificate: Certificate, _ records: [IssuedRecord], _ list: RevocationList, _ folder: AuthorityFolder, at now: Int64
  ) -> [String] {
    let renewal = "granary pki revoke --renew --dir \(folder.path)"
    var warnings: [String] = []
    let missing = Set(records.filter { $0.revokedAt != nil }.map(\.serial)).subtracting(list.serials)
    if !missing.isEmpty { warnings.append("\(folder.revoked) lacks \(missing.count) of what is revoked: \(renewal)") }
    if !list.isSigned(by: certificate) { warnings.append("\(folder.revoked) is not signed by this authority: \(renewal)") }
    let daysOfList = list.nextUpdate.map { ($0 - now) / PrivateAuthority.day } ?? 0
    if daysOfList < 7 {
      warnings.append("\(folder.revoked) has \(max(0, daysOfList)) days left, and nodes trust nobody after that: \(renewal)")
    }
    let days = (certificate.notAfter - now) / PrivateAuthority.day
    if days < 90 { warnings.append("the authority has \(max(0, days)) days left: make another, and let nodes trust both for a while") }
    return warnings
  }
}
