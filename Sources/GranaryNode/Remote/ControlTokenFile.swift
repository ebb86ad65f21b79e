import Control
import PluginKit
import Settings

/// The file of control's tokens: `NAME TOKEN`, or `NAME TOKEN read` for a holder that may only ask, one a line.
enum ControlTokenFile {
  /// Throws `SettingsProblem` where it cannot be read, others may read it, or a line is none.
  static func load(_ path: String) throws(SettingsProblem) -> ControlTokens {
    ControlTokens(try parse(try SecretLines.read(path, "control tokens"), path))
  }

  static func parse(_ bytes: [UInt8], _ path: String) throws(SettingsProblem) -> [ControlTokens.Entry] {
    var entries: [ControlTokens.Entry] = []
    for (place, words) in SecretLines.words(bytes, path) {
      guard (2...3).contains(words.count), SecretLines.isWord(words[0], 1...64), SecretLines.isWord(words[1], shortest...128),
        words.count == 2 || words[2] == "read"
      else {
        let expected = "expected NAME TOKEN or NAME TOKEN read, the token of \(shortest) to 128 letters, digits, - and _"
        throw SettingsProblem(expected, place: place)
      }
      guard !entries.contains(where: { $0.name == words[0] || $0.token == words[1] }) else {
        throw SettingsProblem("the name or the token stands here a second time", place: place)
      }
      entries.append(ControlTokens.Entry(name: words[0], token: words[1], isReader: words.count == 3))
    }
    guard !entries.isEmpty else { throw SettingsProblem("there is no token in it", place: path) }
    return entries
  }

  /// As many as `openssl rand -hex 16` prints: it cannot be guessed.
  private static let shortest = 32
}
