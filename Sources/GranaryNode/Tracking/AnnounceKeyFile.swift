import PluginKit
import Tracker

/// The file of announce keys: `NAME KEY`, one a line; what follows a `#` at a line's beginning is for people.
enum AnnounceKeyFile {
  /// Throws `SettingsProblem` where it cannot be read, others may read it, or a line is none.
  static func load(_ path: String) throws(SettingsProblem) -> AnnounceKeys {
    AnnounceKeys(try parse(try SecretLines.read(path, "announce keys"), path))
  }

  static func parse(_ bytes: [UInt8], _ path: String) throws(SettingsProblem) -> [(name: String, key: String)] {
    var keys: [(name: String, key: String)] = []
    for (place, words) in SecretLines.words(bytes, path) {
      guard words.count == 2, SecretLines.isWord(words[0], 1...64), SecretLines.isWord(words[1], shortestKey...128) else {
        throw SettingsProblem("expected NAME KEY of letters, digits, - and _, the key of \(shortestKey) to 128", place: place)
      }
      guard !keys.contains(where: { $0.name == words[0] || $0.key == words[1] }) else {
        throw SettingsProblem("the name or the key stands here a second time", place: place)
      }
      keys.append((words[0], words[1]))
    }
    guard !keys.isEmpty else { throw SettingsProblem("there is no announce key in it", place: path) }
    return keys
  }

  /// Shorter ones could be guessed.
  private static let shortestKey = 16
}
