internal import PluginKit

// `fetch`: how what is fetched is put on disk.

/// `fetch`, as it is written.
struct FetchSection: Decodable {
  let allocate: AllocationWord?
  let fileMode: FileMode?
  let executableMode: FileMode?
  let folderMode: FileMode?
  let owner: AccountName?
  let group: AccountName?

  private enum CodingKeys: String, CodingKey {
    case allocate, owner, group
    case fileMode = "file-mode"
    case executableMode = "executable-mode"
    case folderMode = "folder-mode"
  }
}

/// `fetch.allocate`.
struct AllocationWord: TextValue {
  let isWhole: Bool

  static let expected = "sparse or whole"

  init(text: String) throws(SettingsProblem) {
    switch text {
    case "sparse": isWhole = false
    case "whole": isWhole = true
    default: throw Self.mismatch(text)
    }
  }
}

/// Permission bits, as chmod takes them.
struct FileMode: TextValue {
  let bits: UInt32

  static let expected = "permission bits in octal, as \"0640\""

  init(text: String) throws(SettingsProblem) {
    guard (3...4).contains(text.utf8.count), let bits = UInt32(text, radix: 8), bits <= 0o777 else { throw Self.mismatch(text) }
    guard bits & 0o400 != 0 else { throw Self.mismatch(text, "the owner must be able to read it, or it cannot be served") }
    self.bits = bits
  }
}

/// A user or a group, by name or by number.
struct AccountName: TextValue {
  let text: String

  static let expected = "the name or number of a user or group"

  init(text: String) throws(SettingsProblem) {
    guard (1...64).contains(text.utf8.count), printable(text) == text, !text.contains(":"), !text.hasPrefix("-") else {
      throw Self.mismatch(text)
    }
    self.text = text
  }
}
