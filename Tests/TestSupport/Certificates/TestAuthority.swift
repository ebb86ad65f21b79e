import Foundation
import OpenSSL

/// A private authority that makes certificates for a test, good ones and every kind of bad one, relative to a moment of the test's.
package struct TestAuthority: Sendable {
  /// A year, in seconds.
  package static let year: Int64 = 365 * 86_400

  /// Its common name.
  package let name: String
  /// The root's certificate and key.
  package let root: CertificateAuthority
  /// The moment at which a good certificate is good, in Unix seconds.
  package let now: Int64
  /// The kind of key that its certificates get.
  package let kind: PrivateKey.Kind

  /// An authority. Two of the same name differ in their keys.
  package init(
    _ name: String = "Test CA", kind: PrivateKey.Kind = .p256, now: Int64 = Int64(Date().timeIntervalSince1970)
  ) throws {
    (self.name, self.now, self.kind) = (name, now, kind)
    let description = CertificateDescription.authority(name, notBefore: now - Self.year, notAfter: now + 10 * Self.year)
    root = try CertificateAuthority.root(description, key: .generate(kind))
  }

  /// The root's certificate.
  package var pem: String { root.certificate.pem }

  /// Writes the root's certificate; gives its path.
  @discardableResult
  package func write(to folder: TemporaryDirectory, named name: String = "ca.pem") throws -> String {
    try folder.write(Array(pem.utf8), to: name)
  }

  /// A certificate that is good at `now` unless `change` makes it otherwise.
  package func issue(
    _ commonName: String?, _ names: [CertificateDescription.AlternativeName] = [], by issuer: CertificateAuthority? = nil,
    kind: PrivateKey.Kind? = nil, change: (inout CertificateDescription) -> Void = { _ in }
  ) throws -> TestCertificate {
    var description = CertificateDescription.leaf(commonName, names, notBefore: now - 3_600, notAfter: now + Self.year)
    change(&description)
    let key = try PrivateKey.generate(kind ?? self.kind)
    return TestCertificate(chain: [try (issuer ?? root).issue(description, for: key)], key: key)
  }

  /// An authority below the root.
  package func intermediate(_ name: String = "Test intermediate CA") throws -> CertificateAuthority {
    let description = CertificateDescription.authority(name, notBefore: now - Self.year, notAfter: now + 5 * Self.year, pathLength: 0)
    return try root.intermediate(description, key: .generate(kind))
  }

  /// A certificate below an intermediate, which its owner has or lacks.
  package func issue(
    below issuer: CertificateAuthority, isSent: Bool = true, _ commonName: String? = "*",
    _ names: [CertificateDescription.AlternativeName] = []
  ) throws -> TestCertificate {
    let leaf = try issue(commonName, names, by: issuer)
    return TestCertificate(chain: leaf.chain + (isSent ? [issuer.certificate] : []), key: leaf.key)
  }

  /// A list of these certificates, made `age` seconds before `now` and good for `validity` seconds.
  package func revocationList(
    _ revoked: [TestCertificate] = [], by issuer: CertificateAuthority? = nil, number: UInt64 = 1, age: Int64 = 60,
    validity: Int64 = 30 * 86_400
  ) throws -> RevocationList {
    let entries = revoked.map { certificate in
      RevocationListDescription.Entry(serial: certificate.leaf.serial, date: now - age, reason: .keyCompromise)
    }
    return try (issuer ?? root).revocationList(
      .init(number: number, thisUpdate: now - age, nextUpdate: now - age + validity, entries: entries))
  }

  /// A list of nothing that was good once.
  package func staleRevocationList() throws -> RevocationList { try revocationList(age: 60 * 86_400, validity: 30 * 86_400) }
}
