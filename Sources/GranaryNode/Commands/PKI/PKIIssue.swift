import ArgumentParser

struct PKIIssue: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "issue",
    abstract: "Make a certificate and its key: NAME.pem and NAME.key in the authority's folder.",
    discussion: """
      Policies know its owner as spiffe://…, dns:…, cn:NAME and spki:HEX. For an SSL torrent a certificate is good whose --dns or NAME is \
      the torrent's name, byte for byte, or '*'. Nothing is ever replaced: exits 73.
      """)

  private struct Document: Encodable {
    let schema = "granary.pki.issue/1"
    let certificate: String
    let key: String
    let issued: CertificateDocument
  }

  @OptionGroup var options: PKIOptions
  @Argument(help: "What it is called: its common name, and the name of its files.") var name: String
  @Option(help: "A SPIFFE identity, as spiffe://corp/edge/7; may be repeated.") var spiffe: [String] = []
  @Option(help: "A host, an SSL torrent's name, or '*'; may be repeated.") var dns: [String] = []
  @Option(help: "How long it is valid, in days.") var days = 365
  @Option(name: .customLong("for"), help: "The roles its owner may have on a link: both, server or client.")
  var roles = IssueOrder.Roles.both

  func run() throws {
    let order = try IssueOrder(name: name, spiffe: spiffe, dns: dns, days: days, roles: roles)
    let authority = try PrivateAuthority(options.dir)
    let record = try authority.issue(order)
    let folder = authority.folder
    let document = Document(
      certificate: folder.certificate(of: name), key: folder.key(of: name), issued: try CertificateDocument(record, at: authority.now))
    if options.json { return try Console.print(document: document) }
    Console.print("issued \(escaped(name)), valid until \(document.issued.notAfter), serial \(record.serial)")
    Console.print("certificate \(escaped(document.certificate))")
    Console.print("key         \(escaped(document.key))")
    for identity in document.issued.identities { Console.print("identity    \(escaped(identity))") }
  }
}
