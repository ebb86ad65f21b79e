import PluginKit
import Settings

/// A file of secrets for the node's eyes alone: words, one record a line; what follows a `#` at a line's beginning is for people.
enum SecretLines {
  /// The file's bytes. Throws where it cannot be read, or others may read it; `what` is what it holds, as `announce keys`.
  static func read(_ path: String, _ what: String) throws(SettingsProblem) -> [UInt8] {
    let file: TLSFile
    do {
      file = try TLSFile.read(path)
    } catch {
      throw SettingsProblem("the file of \(what) \(error)", place: path)
    }
    guard !file.isOpenToOthers else { throw SettingsProblem("others may read the \(what) (chmod 600)", place: path, isPermission: true) }
    return file.bytes
  }

  /// The words of each line that has some, with its place.
  static func words(_ bytes: [UInt8], _ path: String) -> [(place: String, words: [String])] {
    bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated().compactMap { index, line in
      let words = String(decoding: line, as: UTF8.self).split { $0 == " " || $0 == "\t" || $0 == "\r" }.map(String.init)
      guard let first = words.first, !first.hasPrefix("#") else { return nil }
      return ("\(path):\(index + 1)", words)
    }
  }

  /// Whether it is of letters, digits, `-` and `_`, and not shorter or longer.
  static func isWord(_ text: String, _ length: ClosedRange<Int>) -> Bool {
    length.contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }
      }
  }
}
