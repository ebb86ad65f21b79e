import Foundation
import OpenSSL

/// A certificate with its key, made for a test.
package struct TestCertificate: Sendable {
  /// The certificate, then those between it and the root that its owner has. Never empty.
  package let chain: [Certificate]
  /// Its key.
  package let key: PrivateKey

  /// The certificate itself.
  package var leaf: Certificate { chain[0] }

  /// The certificate and the intermediates after it.
  package var pem: String { chain.map(\.pem).joined() }

  /// What a node or a peer shows.
  package var credentials: Credentials {
    get throws { try Credentials(chain: chain, key: key) }
  }

  /// Writes `NAME.pem`, and `NAME.key` readable by its owner only; gives their paths.
  @discardableResult
  package func write(to folder: TemporaryDirectory, named name: String) throws -> (certificate: String, key: String) {
    let certificate = try folder.write(Array(pem.utf8), to: name + ".pem")
    let file = folder.path(name + ".key")
    try? FileManager.default.removeItem(atPath: file)
    let contents = Data(try key.pem().utf8)
    guard FileManager.default.createFile(atPath: file, contents: contents, attributes: [.posixPermissions: 0o600]) else {
      throw ProcessFailure("\(file) cannot be made")
    }
    return (certificate, file)
  }
}
