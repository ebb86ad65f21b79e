/// Judges the files of a torrent one after the other: each path by itself, and against those before it.
struct PathChecker {
  /// What is to be told but not refused.
  private(set) var warnings = TorrentWarnings()

  private let rules: NameRules
  private let folder: String?
  private var tree = PathTree()
  private var links: [(place: String, target: [String])] = []

  /// A checker for the files of an artifact of this name, or for one file (`folder` nil).
  init(rules: NameRules, folder: String?) {
    (self.rules, self.folder) = (rules, folder)
  }

  /// Adds a file. Pad files are never on disk: nothing is asked of their names.
  mutating func add(_ file: TorrentFile, at place: @autoclosure () -> String) throws(TorrentError) {
    if file.isPadding { return }
    do throws(NameFault) {
      try rules.check(path: file.path, below: folder)
    } catch {
      throw error.at(place())
    }
    if let index = try insert(file, at: place()) {
      try report(confusable: file.path[index], at: place())
    }
    if let target = file.symlinkTarget { links.append((place(), target)) }
  }

  /// Says which symlinks point to nothing in the torrent. To be called after the last file.
  mutating func finish() {
    for link in links where !tree.contains(link.target) {
      warnings.append("\(link.place): the symlink's target \(shown(link.target.joined(separator: "/").utf8)) is not in the torrent")
    }
  }

  private mutating func insert(_ file: TorrentFile, at place: @autoclosure () -> String) throws(TorrentError) -> Int? {
    do throws(PathTree.Clash) {
      return try tree.insert(file.path, isSymlink: file.symlinkTarget != nil)
    } catch {
      throw TorrentError(.nameClash, at: place(), Self.text(of: error, path: file.path))
    }
  }

  private mutating func report(confusable name: String, at place: String) throws(TorrentError) {
    let text = "\(shown(name.utf8)) differs from another name beside it only in case or in the form of its letters"
    guard !rules.isPortable else { throw TorrentError(.notPortable, at: place, text) }
    warnings.append("\(place): \(text)")
  }

  private static func text(of clash: PathTree.Clash, path: [String]) -> String {
    let whole = shown(path.joined(separator: "/").utf8)
    return switch clash {
    case .duplicate: "\(whole) is there twice"
    case .isFolder: "\(whole) is a file here and a folder elsewhere"
    case .belowFile(let index): "\(whole) lies below \(shown(path[index].utf8)), which is a file"
    case .belowSymlink(let index): "\(whole) goes through \(shown(path[index].utf8)), which is a symlink"
    }
  }
}
