import TLS
import TestSupport

@testable import OpenSSL

/// An authority, and entries of those that trust it.
struct LinkRig {
  let authority: TestAuthority
  let server: TLSEntry
  let client: TLSEntry

  init() throws {
    authority = try TestAuthority()
    server = TLSEntry(name: "fleet", context: try Self.context(authority, authority.issue("server")))
    client = TLSEntry(name: "ours", context: try Self.context(authority, authority.issue("client")))
  }

  /// - Parameter certificate: nil for a peer that shows none.
  func context(_ certificate: TestCertificate?, lists: [RevocationList]? = nil) throws -> TLSContext {
    try Self.context(authority, certificate, lists: lists)
  }

  func entry(_ certificate: TestCertificate?) throws -> TLSEntry { TLSEntry(name: "peer", context: try context(certificate)) }

  private static func context(
    _ authority: TestAuthority, _ certificate: TestCertificate?, lists: [RevocationList]? = nil
  ) throws -> TLSContext {
    let trust = try TrustStore(anchors: [authority.root.certificate], revocationLists: lists, shape: .chains)
    return try TLSContext(try certificate?.credentials, trust, versions: .tls13 ... .tls13)
  }
}
