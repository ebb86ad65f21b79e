import Foundation
import Metainfo
import OpenSSL
import Storage

/// The folder of a private authority, and what lies where in it.
struct AuthorityFolder: Sendable {
  let path: String

  init(_ path: String) {
    self.path = URL(fileURLWithPath: path).standardizedFileURL.path
  }

  /// The authority's certificate: what every node trusts.
  var certificate: String { path + "/ca.pem" }
  /// The authority's key: the one file that must never leave the folder.
  var key: String { path + "/ca.key" }
  /// The list of what is revoked: what every node reads beside `certificate`.
  var revoked: String { path + "/revoked.pem" }
  /// What was issued, a JSON document a line.
  var index: String { path + "/index.jsonl" }
  /// Held while something is changed.
  var lock: String { path + "/lock" }

  /// The certificate that was issued under a name.
  func certificate(of name: String) -> String { path + "/\(name).pem" }
  /// Its key.
  func key(of name: String) -> String { path + "/\(name).key" }

  /// The authority's certificate.
  func readCertificate() throws -> Certificate {
    guard access(certificate, F_OK) == 0 else {
      throw Failure(.inputMissing, "\(path): there is no authority here; granary pki init makes one")
    }
    return try Self.certificate(certificate)
  }

  /// The current list of what is revoked.
  func readRevocationList() throws -> RevocationList {
    guard let list = try Self.decode(revoked, RevocationList.all(pem:)).first else {
      throw Failure(.badData, "\(revoked): holds no revocation list")
    }
    return list
  }

  /// The authority with its key, which only its owner may be able to read.
  func readAuthority() throws -> CertificateAuthority {
    let certificate = try readCertificate()
    guard let status = FileStatus(target: key) else { throw Failure(.inputMissing, "\(key): \(String(cString: strerror(errno)))") }
    guard status.permissions & 0o077 == 0 else {
      throw Failure(.notPermitted, "\(key): others may read it or write it: chmod 600, and ask yourself who has")
    }
    let key = try Self.decode(key, PrivateKey.parse(pem:))
    do {
      return try CertificateAuthority(certificate: certificate, key: key)
    } catch {
      throw Failure(.badData, "\(self.certificate): \(error)")
    }
  }

  /// Whether there is anything at the path, be it a link that leads nowhere.
  static func exists(_ file: String) -> Bool { FileIdentity.of(path: file) != nil }

  /// The first certificate of a file.
  static func certificate(_ file: String) throws -> Certificate {
    guard let certificate = try decode(file, Certificate.all(pem:)).first else {
      throw Failure(.badData, "\(file): holds no certificate")
    }
    return certificate
  }

  private static func decode<Value>(_ file: String, _ decode: ([UInt8]) throws -> Value) throws -> Value {
    let bytes = try read(file)
    do {
      return try decode(bytes)
    } catch {
      throw Failure(.badData, "\(file): \(error)")
    }
  }

  /// The bytes of a file that should be small.
  static func read(_ file: String) throws -> [UInt8] {
    guard let handle = FileHandle(forReadingAtPath: file) else {
      throw Failure(.inputMissing, "\(file): cannot be read: \(String(cString: strerror(errno)))")
    }
    defer { try? handle.close() }
    do {
      return Array(try handle.readToEnd() ?? Data())
    } catch {
      throw Failure(.inputMissing, "\(file): cannot be read: it is no file")
    }
  }
}
