import Foundation
import OpenSSL
import Storage

/// A small authority for people who have none: one root, which signs what they issue. One command at a time changes it.
struct PrivateAuthority {
  /// A day, in seconds.
  static let day: Int64 = 86_400
  /// How long before now what we make begins to be valid, in seconds: clocks that are behind by less still take it.
  static let clockTolerance: Int64 = 300

  let folder: AuthorityFolder
  let authority: CertificateAuthority
  /// Unix seconds.
  let now: Int64
  private let lock: AuthorityLock

  /// Opens the authority for changes: takes its lock, and finishes what a killed command began.
  init(_ path: String, now: Int64 = Self.currentTime) throws {
    folder = AuthorityFolder(path)
    // Before the lock, whose file must not appear in a folder that is no authority's.
    authority = try folder.readAuthority()
    lock = try AuthorityLock(folder)
    self.now = now
    AtomicFile.sweep(folder: folder.path)
    try finishInterrupted()
  }

  static var currentTime: Int64 { Int64(Date().timeIntervalSince1970) }

  /// Makes a certificate with a key of its own, as `NAME.pem` and `NAME.key`. Nothing is ever replaced.
  func issue(_ order: IssueOrder) throws -> IssuedRecord {
    for file in [folder.certificate(of: order.name), folder.key(of: order.name)] where AuthorityFolder.exists(file) {
      throw Failure(.cannotCreate, "\(file) is there already: issue under another name, or move it away")
    }
    let description = order.description(at: now)
    try checkEnd(description)
    let key = try PrivateKey.generate(authority.key.isEd25519 ? .ed25519 : .p256)
    let record = IssuedRecord(try authority.issue(description, for: key), name: order.name)
    var index = try AuthorityIndex(folder)
    try index.append(record)
    // The key comes first: with it alone, the certificate is made again from the index.
    try Self.create(Array(try key.pem().utf8), at: folder.key(of: order.name), mode: 0o600)
    try Self.create(Array(record.certificate.utf8), at: folder.certificate(of: order.name), mode: 0o644)
    return record
  }

  /// A certificate that outlives its authority would end with it, and surprise its owner.
  private func checkEnd(_ description: CertificateDescription) throws {
    let left = (authority.certificate.notAfter - now) / Self.day
    guard left > 0 else { throw Failure(.badData, "\(folder.certificate): the authority has expired or is about to: make another") }
    guard description.notAfter <= authority.certificate.notAfter else {
      throw Failure(.usage, "the authority itself ends in \(left) days: --days can be \(left) at most")
    }
  }

  /// A command that was killed between the two files of a certificate has left its key: the certificate is in the index.
  private func finishInterrupted() throws {
    guard let last = try AuthorityIndex(folder).records.last, PKINames.problem(ofName: last.name) == nil else { return }
    let (file, keyFile) = (folder.certificate(of: last.name), folder.key(of: last.name))
    guard !AuthorityFolder.exists(file), AuthorityFolder.exists(keyFile),
      let key = try? PrivateKey.parse(pem: AuthorityFolder.read(keyFile)),
      let certificate = try Certificate.all(pem: Array(last.certificate.utf8)).first, key.matches(certificate)
    else { return }
    try Self.create(Array(last.certificate.utf8), at: file, mode: 0o644)
  }

  /// Makes a file, where there must not be one.
  static func create(_ bytes: [UInt8], at path: String, mode: UInt32) throws {
    do {
      try AtomicFile.create(bytes, at: path, mode: mode)
    } catch {
      guard case .failed(_, _, _, let code) = error, code == EEXIST else { throw error }
      throw Failure(.cannotCreate, "\(path) is there already, and is not replaced")
    }
  }
}
