import Metainfo

/// Whether files are to be read again. They are replaced one after the other by whoever renews a certificate, so nothing is read before two
/// looks in succession have found the same; what then does not fit together is read again at each look until it does.
struct FileWatch: Sendable {
  let paths: [String]
  /// The files whose content is in use.
  private(set) var used: [String: FileIdentity]
  private var seen: [String: FileIdentity]?
  /// Why they could not be read the last time; nil where they could.
  private(set) var problem: String?

  init(_ paths: [String], used: [String: FileIdentity]) {
    (self.paths, self.used) = (paths, used)
  }

  /// Looks at the files; whether they are to be read now.
  mutating func look() -> Bool {
    let found = Dictionary(paths.compactMap { path in TLSFile.identity(path).map { (path, $0) } }) { $1 }
    guard found != used || problem != nil else {
      seen = nil
      return false
    }
    defer { seen = found }
    return found == seen
  }

  /// They were read.
  mutating func take(_ identities: [String: FileIdentity]) { (used, seen, problem) = (identities, nil, nil) }

  /// They could not be; what was read before stays in use.
  mutating func fail(_ problem: String) { self.problem = problem }
}
