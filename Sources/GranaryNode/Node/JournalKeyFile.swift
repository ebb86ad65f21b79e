import Inventory
import Metainfo
import OpenSSL
import Storage

/// The key that signs the journal's chain: made once, in the state directory, for its owner alone.
struct JournalKeyFile {
  let key: Ed25519.PrivateKey
  /// Whether it was made just now.
  let isNew: Bool

  /// Reads the key at `path`, or makes one where there is none. To be called with the node's lock held. Throws where it cannot be read or is no
  /// key (its signatures would be missed), and where others can read it (theirs could not be told from ours).
  static func loadOrMake(_ path: String) throws -> JournalKeyFile {
    if let key = try load(path) { return JournalKeyFile(key: key, isNew: false) }
    let key = try Ed25519.PrivateKey.generate()
    try AtomicFile.create(Array((Hex.encode(key.seed) + "\n").utf8), at: path, mode: 0o600)
    return JournalKeyFile(key: key, isNew: true)
  }

  /// The key at `path`; nil where there is no file.
  static func load(_ path: String) throws -> Ed25519.PrivateKey? {
    guard FileIdentity.of(target: path) != nil else { return nil }
    let file: TLSFile
    do { file = try TLSFile.read(path) } catch { throw Failure(.notPermitted, "\(path): the journal's key \(error)") }
    guard file.mode & 0o077 == 0 else {
      throw Failure(
        .notPermitted,
        "\(path): others may use the journal's key (mode \(String(file.mode, radix: 8))); if nobody has, chmod 0600, else "
          + "remove it: a new one is made")
    }
    guard let seed = bytes(file.bytes), let key = try? Ed25519.PrivateKey(seed: seed) else {
      throw Failure(.notPermitted, "\(path): is no key of the journal; remove it, and a new one is made")
    }
    return key
  }

  /// The 32 bytes that 64 hexadecimal digits and an end of line stand for.
  private static func bytes(_ text: [UInt8]) -> [UInt8]? {
    var text = text[...]
    if text.last == UInt8(ascii: "\n") { text = text.dropLast() }
    return Hex.decode(String(decoding: text, as: UTF8.self))
  }
}
