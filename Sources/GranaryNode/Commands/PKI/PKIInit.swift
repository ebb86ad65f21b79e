import ArgumentParser
import OpenSSL

struct PKIInit: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Make an authority: ca.pem, ca.key and an empty revoked.pem in a folder of their own.",
    discussion: "The folder must not be there yet, or be empty. Nothing is ever replaced: exits 73.")

  /// The keys that authorities have.
  enum KeyType: String, CaseIterable, ExpressibleByArgument {
    case p256, ed25519

    var kind: PrivateKey.Kind { self == .p256 ? .p256 : .ed25519 }
  }

  private struct Document: Encodable {
    let schema = "granary.pki.init/1"
    let folder: String
    let certificate: String
    let key: String
    let revoked: String
    let authority: CertificateDocument
    let revocationList: RevocationListDocument

    enum CodingKeys: String, CodingKey {
      case schema, folder, certificate, key, revoked, authority
      case revocationList = "revocation_list"
    }
  }

  @OptionGroup var options: PKIOptions
  @Option(help: "What the authority is called.") var name = "Granary CA"
  @Option(help: "How long it is valid, in days.") var days = 3_650
  @Option(help: "How long a list of what is revoked is valid, in days.") var crlDays = PrivateAuthority.listDays
  @Option(help: "The kind of its keys: p256, which every peer knows, or ed25519.") var keyType = KeyType.p256

  func run() throws {
    let now = PrivateAuthority.currentTime
    let plan = PrivateAuthority.Plan(name: name, days: days, listDays: crlDays, key: keyType.kind)
    let folder = try PrivateAuthority.create(options.dir, plan, now: now)
    let document = Document(
      folder: folder.path, certificate: folder.certificate, key: folder.key, revoked: folder.revoked,
      authority: CertificateDocument(try folder.readCertificate(), at: now),
      revocationList: RevocationListDocument(try folder.readRevocationList(), at: now))
    if options.json { return try Console.print(document: document) }
    let list = document.revocationList
    Console.print("made the authority \(escaped(name)) in \(escaped(folder.path)), valid until \(document.authority.notAfter)")
    Console.print("ca.pem       what every node trusts")
    Console.print("ca.key       signs; keep it here, and a copy offline")
    Console.print("revoked.pem  what is revoked: nothing; valid until \(list.nextUpdate ?? "-")")
    Console.print("before it ends: granary pki revoke --renew --dir \(escaped(folder.path))")
  }
}
