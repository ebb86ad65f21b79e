import OpenSSL
internal import PluginKit

/// A key that proves who its holder is, with what its entry says of it.
struct AuthKey: Sendable {
  enum Material: Sendable {
    /// Both ends have it: HMAC-SHA-256.
    case shared([UInt8])
    /// The holder alone has the private half: Ed25519.
    case holder(Ed25519.PublicKey)
  }

  let id: String
  let material: Material
  let notBefore: WallTime?
  let note: Note
  let isRevoked: Bool
  /// `keys[2]`.
  let rule: String
  let place: String?

  /// Why the key is not good at a moment; nil where it is.
  func problem(at now: WallTime) -> String? {
    if isRevoked { return note.explain("key \(id) is revoked") }
    if let notBefore, now < notBefore { return "key \(id) is good from \(Moment(notBefore)) on" }
    return note.holds(at: now) ? nil : "key \(id) \(note.ending)"
  }

  /// Whether the proof is this key's.
  func isValid(_ proof: [UInt8], over bytes: [UInt8]) -> Bool {
    switch material {
    case .shared(let secret): (try? SecretBytes.code(bytes, key: secret)).map { SecretBytes.areEqual($0, proof) } ?? false
    case .holder(let key): key.isValid(proof, of: bytes)
    }
  }
}

/// The keys of a file: those that peers may prove themselves with, and our own.
struct AuthKeys: Sendable {
  let keys: [String: AuthKey]
  /// What we prove ourselves with to those who do not share a key with us.
  let own: (id: String, key: Ed25519.PrivateKey)?
  /// The shared key that we prove ourselves with where we dial; nil: our own.
  let dialing: String?
  /// Stands in where a peer names a key that there is not: the answer takes as long.
  private let dummies: (shared: AuthKey, holder: AuthKey)

  init(keys: [AuthKey], own: (id: String, key: Ed25519.PrivateKey)?, dialing: String?) throws {
    self.keys = Dictionary(keys.map { ($0.id, $0) }) { first, _ in first }
    (self.own, self.dialing) = (own, dialing)
    dummies = (
      Self.dummy(.shared(try SecretBytes.random(32))), Self.dummy(.holder(try Ed25519.PrivateKey.generate().publicKey))
    )
  }

  private static func dummy(_ material: AuthKey.Material) -> AuthKey {
    AuthKey(id: "", material: material, notBefore: nil, note: Note(), isRevoked: true, rule: "", place: nil)
  }

  /// The key that stands in for one that there is not, for a proof of this length.
  func dummy(for proof: [UInt8]) -> AuthKey { proof.count == Ed25519.signatureByteCount ? dummies.holder : dummies.shared }

  /// What we prove ourselves with where we dial; nil where there is nothing. A token that is bound to our certificate needs no key.
  func opening(
    token: [UInt8], isOfCertificate: Bool, over bytes: (_ key: String) -> [UInt8]
  ) throws(OpenSSLError) -> AuthMessage? {
    if isOfCertificate { return AuthMessage(key: "", proof: [], token: token) }
    if let dialing, let key = keys[dialing], case .shared(let secret) = key.material {
      return AuthMessage(key: dialing, proof: try SecretBytes.code(bytes(dialing), key: secret), token: token)
    }
    guard let own else { return nil }
    return AuthMessage(key: own.id, proof: try own.key.sign(bytes(own.id)), token: token)
  }

  /// What we prove ourselves with to a dialer that has proven itself: with the key that we share, else with our own. Nil where we have none.
  ///
  /// - Parameter key: the key of the dialer's proof; nil where a token named it.
  func answer(to key: AuthKey?, over bytes: (_ key: String) -> [UInt8]) throws(OpenSSLError) -> AuthMessage? {
    if let key, case .shared(let secret) = key.material {
      return AuthMessage(key: key.id, proof: try SecretBytes.code(bytes(key.id), key: secret))
    }
    guard let own else { return nil }
    return AuthMessage(key: own.id, proof: try own.key.sign(bytes(own.id)))
  }
}
