import Glibc

/// Says where a symbolic link inside an artifact leads, without ever reading what is there.
struct LinkResolver {
  /// Where a link leads. Targets are paths from the artifact's folder, as BEP 47 writes them.
  enum Outcome: Equatable {
    case inside(target: [String])
    /// Inside, but nothing is there.
    case dangling(target: [String])
    /// No torrent can hold it; `target` is the link's own text.
    case unfit(target: String, why: String)
  }

  /// The artifact's folder: absolute, links resolved.
  let artifact: String

  /// Looks at the link at `path` from the artifact's folder, whose last component lies in the open `folder`.
  func resolve(_ path: [String], in folder: Int32) -> Outcome {
    guard let raw = read(path.last ?? "", in: folder) else { return .unfit(target: "?", why: "cannot be read") }
    guard let text = String(validating: raw, as: UTF8.self) else {
      return .unfit(target: String(decoding: raw, as: UTF8.self), why: "is not valid UTF-8")
    }
    switch RealPath.of(BeneathRoot.display(artifact, path)) {
    case .invalidName: return .unfit(target: text, why: "leads to a name that is not valid UTF-8")
    case .failed(ENOENT), .failed(ENOTDIR): return dangling(path, text)
    case .failed(ELOOP): return .unfit(target: text, why: "leads in a circle")
    case .failed(let number): return .unfit(target: text, why: "cannot be followed: \(StorageError.errorText(number))")
    case .path(let resolved): return existing(path, text, resolved)
    }
  }

  private func existing(_ path: [String], _ text: String, _ resolved: String) -> Outcome {
    guard let real = components(below: resolved) else { return .unfit(target: text, why: "leads outside of the artifact") }
    // As the link has it, where that can be said as text from the artifact's folder: a link to a link stays one.
    let target = (Self.isPlain(text) ? Self.join(path, text) : nil) ?? real
    return target.isEmpty ? .unfit(target: text, why: "leads to the artifact's own folder") : .inside(target: target)
  }

  private func dangling(_ path: [String], _ text: String) -> Outcome {
    guard !text.hasPrefix("/"), let target = Self.join(path, text), !target.isEmpty else {
      return .unfit(target: text, why: "leads outside of the artifact, to nothing")
    }
    return .dangling(target: target)
  }

  /// The resolved path's components from the artifact's folder; nil where it is not below it.
  private func components(below resolved: String) -> [String]? {
    if resolved == artifact { return [] }
    let prefix = artifact.hasSuffix("/") ? artifact : artifact + "/"
    guard resolved.utf8.starts(with: prefix.utf8) else { return nil }
    return Self.split(String(decoding: resolved.utf8.dropFirst(prefix.utf8.count), as: UTF8.self))
  }

  /// Whether a target can be joined as text: relative, with `..` only at its beginning, where the folders are known to be no links.
  private static func isPlain(_ text: String) -> Bool {
    !text.hasPrefix("/") && !split(text).drop { $0 == ".." }.contains("..")
  }

  /// The link's target as text from the artifact's folder; nil where it climbs out.
  private static func join(_ path: [String], _ text: String) -> [String]? {
    var target = Array(path.dropLast())
    for name in split(text) {
      if name != ".." {
        target.append(name)
      } else if target.popLast() == nil {
        return nil
      }
    }
    return target
  }

  private static func split(_ text: String) -> [String] {
    text.utf8.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }.filter { $0 != "." }
  }

  private func read(_ name: String, in folder: Int32) -> [UInt8]? {
    var length = -1
    let bytes = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
      length = buffer.withMemoryRebound(to: CChar.self) { text in
        text.baseAddress.map { readlinkat(folder, name, $0, text.count) } ?? -1
      }
      count = max(0, length)
    }
    return length > 0 ? bytes : nil
  }
}
