import Foundation
import OpenSSL

/// A list of what is revoked, as the `pki` commands show it.
struct RevocationListDocument: Encodable {
  let issuer: String
  let number: UInt64?
  let thisUpdate: String
  let nextUpdate: String?
  /// Whole days until it ends; negative afterwards, nil where it has no end.
  let daysLeft: Int64?
  /// Serials.
  let revoked: [String]

  enum CodingKeys: String, CodingKey {
    case issuer, number, revoked
    case thisUpdate = "this_update"
    case nextUpdate = "next_update"
    case daysLeft = "days_left"
  }

  init(_ list: RevocationList, at now: Int64) {
    (issuer, number, revoked) = (list.issuer, list.number, list.serials)
    (thisUpdate, nextUpdate) = (list.thisUpdate.iso8601, list.nextUpdate?.iso8601)
    daysLeft = list.nextUpdate.map { Int64((Double($0 - now) / Double(PrivateAuthority.day)).rounded(.down)) }
  }

  /// In one line, for people.
  var line: String {
    let end = nextUpdate.map { "until \($0), \(daysLeft ?? 0) days left" } ?? "without an end"
    return "number \(number.map(String.init) ?? "-"), \(revoked.count) revoked, \(end)"
  }
}

extension Int64 {
  /// These Unix seconds as ISO 8601.
  var iso8601: String {
    Date(timeIntervalSince1970: TimeInterval(self)).formatted(.iso8601)
  }
}
