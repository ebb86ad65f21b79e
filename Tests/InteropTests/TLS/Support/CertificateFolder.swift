import Foundation
import TestSupport

/// A certificate for a test, to be made by `Clients/tls_certificates.py`.
struct CertificatePlan: Encodable, Sendable {
  enum Key: String, Encodable, Sendable { case ec, ed25519, rsa }

  /// The file's name, without its ending.
  var name: String
  /// The name of the authority that signs it; nil where it signs itself.
  var issuer: String? = "ca"
  /// Whether it may sign others.
  var authority = false
  /// CN, in order.
  var commonNames: [String] = []
  /// subjectAltName, as `DNS:…` and `URI:…`.
  var alternatives: [String] = []
  /// extendedKeyUsage; none for no such extension.
  var purposes: [String] = []
  var notBeforeDays = -1.0
  var notAfterDays = 90.0
  var key = Key.ec
  /// Whether the file holds its intermediates too.
  var chain = false
  /// What the key is encrypted with.
  var passphrase: String?

  /// A self-signed authority.
  static func authority(_ name: String) -> CertificatePlan {
    CertificatePlan(name: name, issuer: nil, authority: true, commonNames: [name])
  }

  /// One that libtorrent takes for every torrent.
  static func star(_ name: String, issuer: String = "ca") -> CertificatePlan {
    CertificatePlan(name: name, issuer: issuer, commonNames: ["*"])
  }

  /// One of a member of a fleet.
  static func member(_ name: String, issuer: String = "ca", as identity: String? = nil) -> CertificatePlan {
    CertificatePlan(name: name, issuer: issuer, commonNames: [name], alternatives: ["URI:" + (identity ?? "spiffe://corp/edge/" + name)])
  }
}

/// A list of revoked certificates.
struct RevocationPlan: Encodable, Sendable {
  var name: String
  var issuer = "ca"
  var certificates: [String] = []
  var lastUpdateDays = -1.0
  var nextUpdateDays = 30.0
}

/// Certificates, keys and lists of revoked ones in a folder, made by the openssl program.
struct CertificateFolder: Sendable {
  private struct Plan: Encodable {
    let certificates: [CertificatePlan]
    let revocations: [RevocationPlan]
  }

  let folder: TemporaryDirectory

  /// Issuers come before what they sign.
  init(_ certificates: [CertificatePlan], revocations: [RevocationPlan] = []) async throws {
    folder = try TemporaryDirectory("certificates")
    try await add(certificates, revocations: revocations)
    // What libtorrent reports an error without.
    let parameters = ["genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048", "-out", folder.path("parameters.pem")]
    try await ProcessRunner("openssl", parameters).output()
  }

  /// Makes more; one of the same name takes the other's place.
  func add(_ certificates: [CertificatePlan], revocations: [RevocationPlan] = []) async throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let plan = try folder.write(encoder.encode(Plan(certificates: certificates, revocations: revocations)), to: "plan.json")
    try await PythonScript.runner("tls_certificates.py", ["--to", folder.path, "--plan", plan]).output(within: .seconds(60))
  }

  /// The path of a certificate, or of a list of revoked ones.
  func certificate(_ name: String) -> String { folder.path(name + ".pem") }

  /// The path of a key.
  func key(_ name: String) -> String { folder.path(name + ".key") }

  /// A file that holds several; gives its path.
  func bundle(_ names: String..., as name: String) throws -> String {
    try folder.write(names.flatMap { try folder.read($0 + ".pem") }, to: name + ".pem")
  }

  var parameters: String { folder.path("parameters.pem") }
}
