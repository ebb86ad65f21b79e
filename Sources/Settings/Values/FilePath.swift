internal import PluginKit

/// A path as it is written; `resolved` makes it absolute.
struct FilePath: TextValue {
  let text: String

  static let expected = "a path"

  init(text: String) throws(SettingsProblem) {
    guard !text.isEmpty else { throw Self.mismatch(text, "an empty path names nothing") }
    guard !text.utf8.contains(0) else { throw Self.mismatch(text, "a path holds no NUL") }
    guard text.utf8.count < 4096 else { throw Self.mismatch(text, "a path has at most 4095 bytes") }
    guard text != "~", !text.hasPrefix("~/") else { throw Self.mismatch(text, "~ is not expanded, write the path out") }
    guard !text.contains("${") else { throw Self.mismatch(text, "variables are not expanded, write the path out") }
    self.text = text
  }

  /// The absolute path, from the folder where it is relative.
  func resolved(in folder: String) -> String { Self.resolve(text, in: folder) }

  /// `.` and doubled slashes go; `..` stays, because what it means depends on symbolic links.
  static func resolve(_ path: String, in folder: String) -> String {
    let whole = path.hasPrefix("/") ? path : folder + "/" + path
    return "/" + whole.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
  }

  /// The folder that holds the file at an absolute path.
  static func folder(of path: String) -> String {
    "/" + path.split(separator: "/").dropLast().joined(separator: "/")
  }
}
