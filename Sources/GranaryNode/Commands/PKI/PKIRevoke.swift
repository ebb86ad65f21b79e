import ArgumentParser

struct PKIRevoke: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "Take back a certificate, or renew the list of what is revoked before it ends.",
    discussion: """
      Writes revoked.pem anew, with a higher number and a later end; nodes read it again when it changes, so copy it to them. A name \
      means every certificate that was ever issued under it. What was revoked before stays revoked since then: exits 0. The list is \
      valid for as long as the last one unless --crl-days says otherwise. A cron job that keeps it from ending: granary pki revoke --renew.
      """)

  private struct Document: Encodable {
    let schema = "granary.pki.revoke/1"
    let revoked: [CertificateDocument]
    /// How many of them had been revoked before.
    let already: Int
    let revocationList: RevocationListDocument

    enum CodingKeys: String, CodingKey {
      case schema, revoked, already
      case revocationList = "revocation_list"
    }
  }

  @OptionGroup var options: PKIOptions
  @Argument(help: "A name, a serial, or a certificate's file.") var what: String?
  @Flag(help: "Revoke nothing: write the list anew.") var renew = false
  @Option(help: "Why: \(RevocationReason.allCases.map(\.rawValue).joined(separator: ", ")).") var reason: RevocationReason?
  @Option(help: "How long the list is valid, in days (default: as long as the last one).") var crlDays: Int?

  func validate() throws {
    guard (what == nil) == renew else {
      throw ValidationError("say what to revoke: a name, a serial or a file; or --renew, for the list only")
    }
    guard !renew || reason == nil else { throw ValidationError("--renew revokes nothing, which takes no --reason") }
    if let problem = crlDays.flatMap({ PKINames.problem(ofDays: $0, "--crl-days") }) { throw ValidationError(problem) }
  }

  func run() throws {
    let authority = try PrivateAuthority(options.dir)
    let revocation = try authority.revoke(what, reason: reason, listDays: crlDays)
    let document = Document(
      revoked: try revocation.records.map { try CertificateDocument($0, at: authority.now) }, already: revocation.already,
      revocationList: RevocationListDocument(revocation.list, at: authority.now))
    if options.json { return try Console.print(document: document) }
    for certificate in document.revoked {
      Console.print(
        "revoked \(escaped(certificate.name ?? certificate.subject)), serial \(certificate.serial), since \(certificate.revokedAt ?? "-")")
    }
    Console.print("\(escaped(authority.folder.revoked)): \(document.revocationList.line)")
  }
}
