import PluginKit
import Tracker

/// The file of announce keys: `NAME KEY`, one a line; what follows a `#` at a line's beginning is for people.
enum AnnounceKeyFile {
  /// Throws `SettingsProblem` where it cannot be read, others may read it, or a line is none.
  static func load(_ path: String) throws(SettingsProblem) -> AnnounceKeys {
    let file: TLSFile
    do {
      file = try TLSFile.read(path)
    } catch {
      throw SettingsProblem("the file of announce keys \(error)", place: path)
    }
    guard !file.isOpenToOthers else {
      throw SettingsProblem("others may read the announce keys (chmod 600)", place: path, isPermission: true)
    }
    return AnnounceKeys(try parse(file.bytes, path))
  }

  static func parse(_ bytes: [UInt8], _ path: String) throws(SettingsProblem) -> [(name: String, key: String)] {
    var keys: [(name: String, key: String)] = []
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      let words = String(decoding: line, as: UTF8.self).split { $0 == " " || $0 == "\t" || $0 == "\r" }.map(String.init)
      guard let first = words.first, !first.hasPrefix("#") else { continue }
      let place = "\(path):\(index + 1)"
      guard words.count == 2, isWord(first, 1...64), isWord(words[1], shortestKey...128) else {
        throw SettingsProblem("expected NAME KEY of letters, digits, - and _, the key of \(shortestKey) to 128", place: place)
      }
      guard !keys.contains(where: { $0.name == first || $0.key == words[1] }) else {
        throw SettingsProblem("the name or the key stands here a second time", place: place)
      }
      keys.append((first, words[1]))
    }
    guard !keys.isEmpty else { throw SettingsProblem("there is no announce key in it", place: path) }
    return keys
  }

  private static func isWord(_ text: String, _ length: ClosedRange<Int>) -> Bool {
    length.contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }
      }
  }

  /// Shorter ones could be guessed.
  private static let shortestKey = 16
}
