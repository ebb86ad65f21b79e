import OpenSSL
internal import PluginKit

/// A file of keys: what `keys` of the settings names.
struct AuthKeyFile: Decodable, Sendable {
  let keys: [Placed<Entry>]
  let own: Placed<Own>?
  let use: Placed<String>?

  private enum CodingKeys: String, CodingKey { case keys, own, use }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    keys = try container.decodeIfPresent([Placed<Entry>].self, forKey: .keys) ?? []
    own = try container.decodeIfPresent(Placed<Own>.self, forKey: .own)
    use = try container.decodeIfPresent(Placed<String>.self, forKey: .use)
  }

  /// A key that peers prove themselves with.
  struct Entry: Decodable, Sendable {
    let id: Placed<String>
    let secret: Placed<String>?
    let `public`: Placed<String>?
    let notBefore: Placed<String>?
    let isRevoked: Bool
    let note: NoteSettings

    private enum CodingKeys: String, CodingKey {
      case id, secret, `public`, until, revoked, reason, by
      case notBefore = "not-before"
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      id = try container.decode(Placed<String>.self, forKey: .id)
      secret = try container.decodeIfPresent(Placed<String>.self, forKey: .secret)
      `public` = try container.decodeIfPresent(Placed<String>.self, forKey: .public)
      notBefore = try container.decodeIfPresent(Placed<String>.self, forKey: .notBefore)
      isRevoked = try container.decodeIfPresent(Bool.self, forKey: .revoked) ?? false
      note = NoteSettings(
        reason: try container.decodeIfPresent(String.self, forKey: .reason), by: try container.decodeIfPresent(String.self, forKey: .by),
        until: try container.decodeIfPresent(Placed<String>.self, forKey: .until))
    }
  }

  /// The key that we prove ourselves with.
  struct Own: Decodable, Sendable {
    let id: Placed<String>
    let `private`: Placed<String>

    private enum CodingKeys: String, CodingKey { case id, `private` }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      id = try container.decode(Placed<String>.self, forKey: .id)
      `private` = try container.decode(Placed<String>.self, forKey: .private)
    }
  }
}

extension AuthKeyFile {
  /// The keys. Every problem goes to `problems`; nil where one of them leaves nothing to work with.
  func compiled(place: String, problems: inout [SettingsProblem]) -> AuthKeys? {
    var compiler = AuthKeyCompiler()
    let compiled = keys.enumerated().compactMap { compiler.key($0.element, rule: "keys[\($0.offset)]") }
    let own = own.flatMap { compiler.own($0) }
    let dialing = compiler.dialing(use, among: compiled, own: own?.id)
    compiler.checkAnswers(compiled, hasOwn: own != nil, place: place)
    problems += compiler.problems
    guard compiler.problems.isEmpty else { return nil }
    do {
      return try AuthKeys(keys: compiled, own: own, dialing: dialing)
    } catch {
      problems.append(SettingsProblem("\(error)", place: place))
      return nil
    }
  }
}

/// Compiles the entries of a key file and gathers what is wrong with them.
private struct AuthKeyCompiler {
  var problems: [SettingsProblem] = []
  private var seen: Set<String> = []

  mutating func key(_ entry: Placed<AuthKeyFile.Entry>, rule: String) -> AuthKey? {
    let value = entry.value
    checkID(value.id, rule)
    do throws(SettingsProblem) {
      return AuthKey(
        id: value.id.value, material: try material(value, place: entry.place), notBefore: try value.notBefore.map(Self.start),
        note: try value.note.compiled(), isRevoked: value.isRevoked, rule: rule, place: entry.place)
    } catch {
      problems.append(SettingsProblem("\(rule): \(error.message)", place: error.place ?? entry.place))
      return nil
    }
  }

  mutating func own(_ own: Placed<AuthKeyFile.Own>) -> (id: String, key: Ed25519.PrivateKey)? {
    checkID(own.value.id, "own")
    do throws(SettingsProblem) {
      let seed = try Self.bytes(own.value.private, 32...32, "private")
      return (own.value.id.value, try Self.made(own.place) { () throws(OpenSSLError) in try Ed25519.PrivateKey(seed: seed) })
    } catch {
      problems.append(SettingsProblem("own: \(error.message)", place: error.place ?? own.place))
      return nil
    }
  }

  mutating func dialing(_ use: Placed<String>?, among keys: [AuthKey], own: String?) -> String? {
    guard let use else { return own == nil ? keys.first { $0.isShared && !$0.isRevoked }?.id : nil }
    if use.value == own { return nil }
    guard keys.contains(where: { $0.id == use.value && $0.isShared }) else {
      problems.append(SettingsProblem("use: '\(use.value)' is neither our own key nor a shared one of this file", place: use.place))
      return nil
    }
    return use.value
  }

  /// A peer that proves itself with a key of its own wants the same of us.
  mutating func checkAnswers(_ keys: [AuthKey], hasOwn: Bool, place: String) {
    guard !hasOwn, let holder = keys.first(where: { !$0.isShared }) else { return }
    problems.append(
      SettingsProblem("key \(holder.id) is a public key, and there is no 'own' key to answer its holder with", place: holder.place ?? place)
    )
  }

  private mutating func checkID(_ id: Placed<String>, _ rule: String) {
    if !AuthKeyID.isFit(id.value) {
      problems.append(SettingsProblem("\(rule): an id is 1 to 64 letters, digits, '-', '_', '.' and '@'", place: id.place))
    } else if !seen.insert(id.value).inserted {
      problems.append(SettingsProblem("\(rule): there is another key '\(id.value)'", place: id.place))
    }
  }

  private func material(_ entry: AuthKeyFile.Entry, place: String?) throws(SettingsProblem) -> AuthKey.Material {
    switch (entry.secret, entry.public) {
    case (let secret?, nil): return .shared(try Self.bytes(secret, 32...64, "secret"))
    case (nil, let key?):
      let bytes = try Self.bytes(key, 32...32, "public")
      return .holder(try Self.made(key.place) { () throws(OpenSSLError) in try Ed25519.PublicKey(bytes) })
    case (nil, nil): throw SettingsProblem("there is neither a 'secret' nor a 'public' key", place: place)
    case (.some, .some): throw SettingsProblem("'secret' is of shared keys, 'public' of a holder's own: a key is one of them", place: place)
    }
  }

  /// Bytes in hex. What is wrong with a secret is said without saying what it is.
  private static func bytes(_ text: Placed<String>, _ counts: ClosedRange<Int>, _ name: String) throws(SettingsProblem) -> [UInt8] {
    let digits =
      counts.lowerBound == counts.upperBound
      ? "\(counts.lowerBound * 2)" : "\(counts.lowerBound * 2) to \(counts.upperBound * 2)"
    guard let bytes = HexText.bytes(text.value), counts.contains(bytes.count) else {
      throw SettingsProblem("'\(name)' is \(digits) hex digits", place: text.place)
    }
    return bytes
  }

  private static func made<Key>(_ place: String?, _ make: () throws(OpenSSLError) -> Key) throws(SettingsProblem) -> Key {
    do { return try make() } catch { throw SettingsProblem("\(error)", place: place) }
  }

  private static func start(_ text: Placed<String>) throws(SettingsProblem) -> WallTime {
    guard let moment = Moment.start(of: text.value) else {
      throw SettingsProblem("not-before: '\(text.value)' is not a moment such as 2027-01-31 or 2027-01-31T18:00:00Z", place: text.place)
    }
    return moment
  }
}

extension AuthKey {
  var isShared: Bool {
    if case .shared = material { true } else { false }
  }
}
