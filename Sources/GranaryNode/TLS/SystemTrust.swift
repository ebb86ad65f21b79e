import Metainfo
import OpenSSL
import Storage
import Synchronization

/// The authorities that the system trusts, read when they are wanted for the first time and when their file is another one.
final class SystemTrust: Sendable {
  private let kept = Mutex<(identity: FileIdentity, context: TLSContext)?>(nil)

  /// Where systems have them: Debian and its kin, Fedora and its kin, Alpine.
  private static let bundles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"]

  /// A context that trusts them and shows nothing. Throws where there are none, or none that can be read.
  func context() throws -> TLSContext {
    guard let path = Self.bundles.first(where: { TLSFile.identity($0) != nil }) else {
      throw TLSFileError(message: "this system has no bundle of authorities (ca-certificates); name an entry of tls with https")
    }
    if let kept = kept.withLock({ $0 }), kept.identity == TLSFile.identity(path) { return kept.context }
    let file = try TLSFile.read(path)
    let anchors = try Certificate.all(pem: file.bytes).filter(\.isAuthority)
    let context = try TLSContext.client(trust: TrustStore(anchors: anchors, shape: .chains))
    kept.withLock { $0 = (file.identity, context) }
    return context
  }
}
