import Foundation
import OpenSSL
import Storage

extension PrivateAuthority {
  /// How an authority is to be made.
  struct Plan {
    var name = "Granary CA"
    var days = 3_650
    var listDays = PrivateAuthority.listDays
    var key = PrivateKey.Kind.p256

    /// Throws `Failure` with what is wrong with which part.
    func check() throws {
      let problems = [
        PKINames.problem(ofAuthority: name), PKINames.problem(ofDays: days), PKINames.problem(ofDays: listDays, "--crl-days"),
      ]
      let lines = problems.compactMap { $0 }.map { Failure.Line(message: $0, place: nil) }
      guard lines.isEmpty else { throw Failure(.usage, lines) }
    }
  }

  /// Makes an authority in a folder that is not there yet, or is empty. It appears with all its files or not at all.
  static func create(_ path: String, _ plan: Plan, now: Int64 = currentTime) throws -> AuthorityFolder {
    try plan.check()
    let folder = AuthorityFolder(path)
    try refuseExisting(folder)
    let parent = URL(fileURLWithPath: folder.path).deletingLastPathComponent().path
    let draft = AuthorityFolder("\(parent)/.granary-pki-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).tmp")
    guard mkdir(draft.path, 0o700) == 0 else {
      throw Failure(.cannotCreate, "\(folder.path): cannot make the folder: \(String(cString: strerror(errno)))")
    }
    do {
      try fill(draft, plan, now: now)
      // A folder takes the place of an empty one, and of nothing else.
      guard rename(draft.path, folder.path) == 0 else {
        throw Failure(.cannotCreate, "\(folder.path): cannot be made: \(String(cString: strerror(errno)))")
      }
    } catch {
      try? FileManager.default.removeItem(atPath: draft.path)
      throw error
    }
    synchronize(parent)
    return folder
  }

  private static func refuseExisting(_ folder: AuthorityFolder) throws {
    guard AuthorityFolder.exists(folder.path) else { return }
    if access(folder.certificate, F_OK) == 0 || access(folder.key, F_OK) == 0 {
      throw Failure(.cannotCreate, "\(folder.path): an authority is there already, and is not replaced")
    }
    guard (try? FileManager.default.contentsOfDirectory(atPath: folder.path))?.isEmpty == true else {
      throw Failure(.cannotCreate, "\(folder.path) is there already: an authority is made in a folder of its own")
    }
  }

  private static func fill(_ folder: AuthorityFolder, _ plan: Plan, now: Int64) throws {
    let end = now + Int64(plan.days) * day
    // Leaves only: nobody can make an authority below this one.
    let description = CertificateDescription.authority(plan.name, notBefore: now - clockTolerance, notAfter: end, pathLength: 0)
    let authority = try CertificateAuthority.root(description, key: .generate(plan.key))
    let list = try authority.revocationList(
      .init(number: 1, thisUpdate: now - clockTolerance, nextUpdate: now + Int64(plan.listDays) * day))
    try create(Array(try authority.key.pem().utf8), at: folder.key, mode: 0o600)
    try create(Array(authority.certificate.pem.utf8), at: folder.certificate, mode: 0o644)
    try create(Array(list.pem.utf8), at: folder.revoked, mode: 0o644)
    try create([], at: folder.index, mode: 0o600)
    try create([], at: folder.lock, mode: 0o600)
  }

  private static func synchronize(_ folder: String) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}
