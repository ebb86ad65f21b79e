import Metainfo
import OpenSSL
import PluginKit
import Storage

/// The file of the key that signs a catalogue: 64 hexadecimal digits and a line feed, for its owner alone.
enum CatalogueKeyFile {
  /// Throws `SettingsProblem` where it cannot be read, others may read it, or it is no key.
  static func load(_ path: String) throws(SettingsProblem) -> Ed25519.PrivateKey {
    let file: TLSFile
    do {
      file = try TLSFile.read(path)
    } catch {
      throw SettingsProblem("the catalogue's key \(error); 'granary catalogue keys new' makes one", place: path)
    }
    guard !file.isOpenToOthers else {
      throw SettingsProblem("others may read the catalogue's key (chmod 600)", place: path, isPermission: true)
    }
    let text = file.bytes.last == UInt8(ascii: "\n") ? file.bytes.dropLast() : file.bytes[...]
    guard text.count == 2 * Ed25519.keyByteCount, let seed = Hex.decode(String(decoding: text, as: UTF8.self)),
      let key = try? Ed25519.PrivateKey(seed: seed)
    else { throw SettingsProblem("it is no key of a catalogue: expected 64 hexadecimal digits", place: path) }
    return key
  }

  /// Makes a key and its file, which must not be there yet.
  static func make(_ path: String) throws -> Ed25519.PrivateKey {
    let key = try Ed25519.PrivateKey.generate()
    try PrivateAuthority.create(Array((Hex.encode(key.seed) + "\n").utf8), at: path, mode: 0o600)
    return key
  }
}
