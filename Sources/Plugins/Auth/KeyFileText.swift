import OpenSSL
package import PluginKit

/// Files of keys as commands make and read them.
package enum KeyFileText {
  /// A new key of its holder's own: the file's text, and the line that others put into theirs.
  package static func own(id: String) throws -> (file: String, entry: String) {
    let key = try Ed25519.PrivateKey.generate()
    let file = """
      # The key that this node proves itself with (auth). Its owner alone may read this file.
      own: { id: "\(id)", private: \(HexText.text(key.seed)) }
      # Who may prove themselves to this node: { id: NAME, public: … } or { id: NAME, secret: … }.
      keys: []

      """
    return (file, "{ id: \"\(id)\", public: \(HexText.text(key.publicKey.bytes)) }")
  }

  /// A new key that several share: the file's text, and the line that the others put into theirs, which is as secret.
  package static func shared(id: String) throws -> (file: String, entry: String) {
    let entry = "{ id: \"\(id)\", secret: \(HexText.text(try SecretBytes.random(32))) }"
    return ("# Keys of auth. Its owner alone may read this file.\nkeys:\n  - \(entry)\n", entry)
  }

  /// Whether the text can be a key's id.
  package static func isID(_ text: String) -> Bool { AuthKeyID.isFit(text) }

  /// The file's own key, with its id.
  package static func own(in source: any SettingsSource) throws -> (id: String, key: Ed25519.PrivateKey) {
    let file = try source.decode(AuthKeyFile.self)
    guard let own = file.own else { throw SettingsProblem("there is no 'own' key in this file", place: source.place) }
    guard let seed = HexText.bytes(own.value.private.value), let key = try? Ed25519.PrivateKey(seed: seed) else {
      throw SettingsProblem("own: 'private' is 64 hex digits", place: own.value.private.place)
    }
    return (own.value.id.value, key)
  }
}

/// What keys are called.
enum AuthKeyID {
  static func isFit(_ text: String) -> Bool {
    (1...AuthMessage.longestKey).contains(text.utf8.count) && text.utf8.allSatisfy(isPart)
  }

  private static func isPart(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "-_.@".utf8.contains(byte)
    }
  }
}
