import Foundation
import OpenSSL

/// A certificate with its key, made for a test.
package struct TestCertificate: Sendable {
  /// The certificate, then those between it and the root that its owner has, as DER.
  package let chain: [[UInt8]]
  /// Its key.
  package let key: SigningKey

  /// What the certificate says.
  package var summary: CertificateSummary {
    get throws { try CertificateSummary(der: chain.first ?? []) }
  }

  /// The certificate and the intermediates after it.
  package var pem: [UInt8] {
    get throws { try chain.flatMap { try PEM.encode($0, label: "CERTIFICATE") } }
  }

  /// Writes `NAME.pem`, and `NAME.key` readable by its owner only; gives their paths.
  @discardableResult
  package func write(to folder: TemporaryDirectory, named name: String) throws -> (certificate: String, key: String) {
    let certificate = try folder.write(try pem, to: name + ".pem")
    let file = try folder.write([], to: name + ".key")
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    try Data(try key.pem()).write(to: URL(fileURLWithPath: file))
    return (certificate, file)
  }
}
