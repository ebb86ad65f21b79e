import ArgumentParser
import OpenSSL

/// What a certificate is to be issued for. Every part was checked when this was made.
struct IssueOrder: Sendable {
  /// The roles that its owner may appear in.
  enum Roles: String, CaseIterable, ExpressibleByArgument, Sendable {
    case both, server, client

    var purposes: [CertificateDescription.Purpose] {
      switch self {
      case .both: [.serverAuth, .clientAuth]
      case .server: [.serverAuth]
      case .client: [.clientAuth]
      }
    }
  }

  let name: String
  let names: [CertificateDescription.AlternativeName]
  let days: Int
  let roles: Roles

  /// Throws `Failure` with what is wrong with which part.
  init(name: String, spiffe: [String] = [], dns: [String] = [], days: Int = 365, roles: Roles = .both) throws {
    let problems = [PKINames.problem(ofName: name)] + spiffe.map(PKINames.problem(ofSPIFFE:)) + dns.map(PKINames.problem(ofDNS:))
    let lines = (problems + [PKINames.problem(ofDays: days)]).compactMap { $0 }.map { Failure.Line(message: $0, place: nil) }
    guard lines.isEmpty else { throw Failure(.usage, lines) }
    (self.name, self.days, self.roles) = (name, days, roles)
    names = spiffe.map { .uri($0) } + dns.map { .dns($0) }
  }

  /// The certificate's description. It begins some minutes ago, for machines whose clocks are behind ours.
  func description(at now: Int64) -> CertificateDescription {
    .leaf(
      name, names, purposes: roles.purposes, notBefore: now - PrivateAuthority.clockTolerance,
      notAfter: now + Int64(days) * PrivateAuthority.day)
  }
}
