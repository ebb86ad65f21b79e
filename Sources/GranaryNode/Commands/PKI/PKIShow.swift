import ArgumentParser
import Foundation
import OpenSSL

struct PKIShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show an authority with all that it has issued, a certificate, or a list of what is revoked.",
    discussion: "Nothing here judges a certificate for a link: it prints what is written, and what the authority's books know of it.")

  @OptionGroup var options: PKIOptions
  @Argument(help: "A name, a serial, or any file with certificates or lists (default: the authority).") var what: String?

  func run() throws {
    let document = try document(at: PrivateAuthority.currentTime)
    if options.json { return try Console.print(document: document) }
    for line in document.lines { Console.print(line) }
    for warning in document.warnings { Console.note("granary: warning: \(escaped(warning))") }
  }

  private func document(at now: Int64) throws -> PKIShowDocument {
    let folder = AuthorityFolder(options.dir)
    guard let what else { return try .authority(folder, at: now) }
    if what.contains("/") || what.hasSuffix(".pem") { return try file(what, folder, at: now) }
    if access(folder.index, F_OK) == 0 {
      let records = try AuthorityIndex(folder).records.filter { $0.name == what || $0.hasSerial(what) }
      if !records.isEmpty { return PKIShowDocument(certificates: try records.map { try CertificateDocument($0, at: now) }) }
    }
    guard access(what, F_OK) == 0 else {
      throw Failure(.inputMissing, "\(what): no certificate of \(folder.path) has such a name or serial, and there is no such file")
    }
    return try file(what, folder, at: now)
  }

  /// A file, with what the authority's index knows of the certificates in it, if there is an authority.
  private func file(_ file: String, _ folder: AuthorityFolder, at now: Int64) throws -> PKIShowDocument {
    let bytes = try AuthorityFolder.read(file)
    let records = access(folder.index, F_OK) == 0 ? try AuthorityIndex(folder).records : []
    let authority = try? folder.readCertificate()
    do {
      let certificates = try Certificate.all(pem: bytes).map { certificate in
        let isOurs = authority.map(certificate.isSigned(by:)) ?? false
        return CertificateDocument(certificate, record: isOurs ? records.first { $0.serial == certificate.serial } : nil, at: now)
      }
      let lists = try RevocationList.all(pem: bytes).map { RevocationListDocument($0, at: now) }
      guard !certificates.isEmpty || !lists.isEmpty else { throw Failure(.badData, "\(file): holds neither a certificate nor a list") }
      return PKIShowDocument(certificates: certificates, revocationLists: lists)
    } catch let error as OpenSSLError {
      throw Failure(.badData, "\(file): \(error)")
    }
  }
}
