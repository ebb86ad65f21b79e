import OpenSSL
internal import PluginKit

/// Whose tokens are taken, and which of them are not any more.
struct TokenIssuers: Sendable {
  struct Issuer: Sendable {
    let name: String
    let key: Ed25519.PublicKey
    let note: Note
    let rule: String
    let place: String?
  }

  /// Why a token is not taken.
  struct Refusal: Error, Sendable {
    let reason: String
    var rule: String?
    var place: String?
  }

  let issuers: [String: Issuer]
  /// `ISSUER/ID`, with where it says so.
  let revoked: [String: String?]

  var isEmpty: Bool { issuers.isEmpty }

  /// What a token allows, once its signatures, its end and its issuer's word are looked at.
  func check(_ token: CapabilityToken, at now: WallTime) throws(Refusal) -> Capability {
    let name = "token \(token.issuer)/\(token.id)"
    guard let issuer = issuers[token.issuer] else { throw Refusal(reason: "\(name) is of an issuer that is not listed") }
    guard token.isSigned(by: issuer.key) else {
      throw Refusal(reason: "\(name) is not signed as it must be", rule: issuer.rule, place: issuer.place)
    }
    if let problem = problem(issuer: token.issuer, id: token.id, until: token.capability?.validUntil, at: now) { throw problem }
    guard let capability = token.capability else { throw Refusal(reason: "\(name) says what we do not understand") }
    return capability
  }

  /// Why what a token once allowed is not allowed any more; nil where it is.
  func problem(issuer: String, id: String, until: WallTime?, at now: WallTime) -> Refusal? {
    let name = "token \(issuer)/\(id)"
    guard let known = issuers[issuer] else { return Refusal(reason: "\(name) is of an issuer that is not listed") }
    if let place = revoked["\(issuer)/\(id)"] { return Refusal(reason: "\(name) is revoked", rule: "tokens.revoked", place: place) }
    guard known.note.holds(at: now) else {
      return Refusal(reason: "the issuer of \(name) \(known.note.ending)", rule: known.rule, place: known.place)
    }
    guard let until, now < until else {
      return Refusal(reason: "\(name) ended \(until.map { "\(Moment($0))" } ?? "")", rule: known.rule, place: known.place)
    }
    return nil
  }
}
