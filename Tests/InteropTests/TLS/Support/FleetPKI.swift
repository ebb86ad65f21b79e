import TestSupport

/// An authority with what it has issued, made as people make one: by `granary pki`.
struct FleetPKI: Sendable {
  private let folder: TemporaryDirectory

  /// An authority, and members of its fleet.
  static func make(members: [String] = []) async throws -> FleetPKI {
    let pki = FleetPKI(folder: try TemporaryDirectory("pki"))
    try await pki.run("init")
    for member in members { try await pki.run("issue", member, "--spiffe", "spiffe://corp/" + member) }
    return pki
  }

  var authority: String { folder.path("pki/ca.pem") }

  func certificate(_ name: String) -> String { folder.path("pki/\(name).pem") }
  func key(_ name: String) -> String { folder.path("pki/\(name).key") }

  /// The keys of an entry of `tls` for the member.
  func fleet(_ member: String) -> [(key: String, value: String)] {
    [
      ("certificate", certificate(member)), ("key", key(member)), ("trust", authority), ("revoked", folder.path("pki/revoked.pem")),
    ]
  }

  /// Where `granary pki` is run.
  var path: String { folder.path }

  /// Runs `granary pki`.
  func run(_ arguments: String...) async throws {
    try await ProcessRunner(GranaryHost.binary, ["pki"] + arguments, workingFolder: folder.path).output()
  }
}
