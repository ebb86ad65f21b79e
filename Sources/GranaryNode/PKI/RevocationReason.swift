import ArgumentParser
import OpenSSL

/// Why a certificate is revoked, by the names that RFC 5280 and the openssl program give it, in our spelling.
enum RevocationReason: String, CaseIterable, ExpressibleByArgument, Sendable {
  case keyCompromise = "key-compromise"
  case affiliationChanged = "affiliation-changed"
  case superseded
  case cessationOfOperation = "cessation-of-operation"
  case privilegeWithdrawn = "privilege-withdrawn"

  var code: RevocationListDescription.Reason {
    switch self {
    case .keyCompromise: .keyCompromise
    case .affiliationChanged: .affiliationChanged
    case .superseded: .superseded
    case .cessationOfOperation: .cessationOfOperation
    case .privilegeWithdrawn: .privilegeWithdrawn
    }
  }
}
