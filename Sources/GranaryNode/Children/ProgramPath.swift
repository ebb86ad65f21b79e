import Glibc
import Storage

/// Sees whether others than root and the node's own user could put something else in the place of a program: by writing to it, or to a folder
/// or link on the way to it.
struct ProgramPath {
  private let owners: Set<uid_t>
  private static let mostLinks = 40
  private static let mostInterpreters = 4

  /// - Parameter owner: whom files may belong to besides root.
  init(owner: uid_t = geteuid()) { owners = [0, owner] }

  /// What speaks against the program; nil where nothing does. Follows links, and the interpreter that a script names in its first line.
  func problem(_ path: String) -> String? { problem(path, interpreters: Self.mostInterpreters) }

  private func problem(_ path: String, interpreters: Int) -> String? {
    guard path.hasPrefix("/") else { return "\(path) is not an absolute path" }
    guard !path.utf8.contains(0) else { return "the path holds a zero byte" }
    do throws(Objection) {
      let program = try resolved(path)
      guard let interpreter = Self.interpreter(of: program) else { return nil }
      guard interpreters > 0 else { return "\(path) has interpreters that have interpreters" }
      return problem(interpreter, interpreters: interpreters - 1).map { "its interpreter: \($0)" }
    } catch {
      return error.words
    }
  }

  private struct Objection: Error {
    let words: String
  }

  /// The path without links. Throws what speaks against anything on the way.
  private func resolved(_ path: String) throws(Objection) -> String {
    var rest = Array(path.split(separator: "/").reversed())
    var (folders, links): ([Substring], Int) = ([], 0)
    try check(folder: "/", status(of: "/"))
    while let name = rest.popLast() {
      if name == "." { continue }
      if name == ".." {
        _ = folders.popLast()
        continue
      }
      let here = "/" + (folders + [name]).joined(separator: "/")
      let status = try status(of: here)
      guard owners.contains(status.owner) else {
        throw Objection(words: "\(here) belongs to user \(status.owner), who could change it")
      }
      if status.isLink {
        links += 1
        guard links <= Self.mostLinks else { throw Objection(words: "\(path) leads through too many links") }
        let target = try target(of: here)
        if target.hasPrefix("/") { folders = [] }
        rest += target.split(separator: "/").reversed()
      } else if status.isFolder {
        try check(folder: here, status)
        folders.append(name)
      } else {
        guard rest.isEmpty else { throw Objection(words: "\(here) is not a folder") }
        try check(program: here, status)
        return here
      }
    }
    throw Objection(words: "\(path) is a folder")
  }

  private static let othersWrite: UInt32 = 0o022
  private static let sticky: UInt32 = 0o1000
  private static let setsUser: UInt32 = 0o6000

  /// In a folder with the sticky bit nobody can replace what is another's, and what is in it is root's or ours.
  private func check(folder: String, _ status: FileStatus) throws(Objection) {
    guard status.permissions & Self.othersWrite != 0, status.permissions & Self.sticky == 0 else { return }
    throw Objection(words: "others can write to the folder \(folder)")
  }

  private func check(program: String, _ status: FileStatus) throws(Objection) {
    guard status.isFile else { throw Objection(words: "\(program) is not a file") }
    guard status.permissions & Self.othersWrite == 0 else { throw Objection(words: "others can write to \(program)") }
    guard status.permissions & Self.setsUser == 0 else { throw Objection(words: "\(program) would run as another user (set-user-ID)") }
    guard status.permissions & 0o111 != 0 else { throw Objection(words: "\(program) is not executable") }
  }

  private func status(of path: String) throws(Objection) -> FileStatus {
    guard let status = FileStatus(path: path) else { throw Objection(words: "\(path): \(String(cString: strerror(errno)))") }
    return status
  }

  private func target(of link: String) throws(Objection) -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(link, &buffer, buffer.count)
    guard count > 0, count < buffer.count else { throw Objection(words: "the link \(link) cannot be read") }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// What `#!` names; nil where the file is none, or we may run it and not read it.
  private static func interpreter(of program: String) -> String? {
    let descriptor = open(program, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var head = [UInt8](repeating: 0, count: 256)
    let count = read(descriptor, &head, head.count)
    guard count > 2, head.starts(with: Array("#!".utf8)) else { return nil }
    let line = head[2..<count].prefix { $0 != UInt8(ascii: "\n") }
    let isBlank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    return String(decoding: line.drop(while: isBlank).prefix { !isBlank($0) }, as: UTF8.self)
  }
}
