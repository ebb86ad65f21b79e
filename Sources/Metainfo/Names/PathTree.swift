/// The paths of a torrent as they would be on disk, to find those that cannot be there together.
///
/// Names are compared byte by byte: what String takes for equal, composed and decomposed letters, are two files here.
struct PathTree {
  /// Why a path cannot join those that are there.
  enum Clash: Error {
    /// There is a file of that path.
    case duplicate
    /// There are files below that path: it would have to be a file and a folder.
    case isFolder
    /// The component of this index is a file, not a folder.
    case belowFile(Int)
    /// The component of this index is a symlink, through which nothing may be reached.
    case belowSymlink(Int)
  }

  private enum Entry {
    case folder(Int)
    case file
    case symlink
  }

  private struct Folder {
    var entries: [[UInt8]: Entry] = [:]
    var folded: Set<String> = []
  }

  private var folders = [Folder()]

  /// Adds a path that NameRules have passed. Gives the index of the first component that differs only in case, or in the form of
  /// its letters, from a neighbour; nil where there is none.
  mutating func insert(_ path: [String], isSymlink: Bool) throws(Clash) -> Int? {
    var folder = 0
    var confusable: Int?
    for (index, name) in path.enumerated() {
      let key = Array(name.utf8)
      let isLast = index == path.count - 1
      if let entry = folders[folder].entries[key] {
        folder = try Self.descend(into: entry, at: index, isLast: isLast)
      } else {
        if !folders[folder].folded.insert(name.lowercased()).inserted { confusable = confusable ?? index }
        folder = add(key, to: folder, as: isLast ? (isSymlink ? .symlink : .file) : .folder(folders.count))
      }
    }
    return confusable
  }

  /// Whether there is a file, folder or symlink of this path.
  func contains(_ path: [String]) -> Bool {
    var folder = 0
    for (index, name) in path.enumerated() {
      switch folders[folder].entries[Array(name.utf8)] {
      case .folder(let next): folder = next
      case .file: return index == path.count - 1
      // What lies behind a symlink is not followed: its target is judged by itself.
      case .symlink: return true
      case nil: return false
      }
    }
    return true
  }

  private static func descend(into entry: Entry, at index: Int, isLast: Bool) throws(Clash) -> Int {
    switch entry {
    case .folder(let next):
      guard !isLast else { throw .isFolder }
      return next
    case .file: throw isLast ? .duplicate : .belowFile(index)
    case .symlink: throw isLast ? .duplicate : .belowSymlink(index)
    }
  }

  private mutating func add(_ key: [UInt8], to folder: Int, as entry: Entry) -> Int {
    folders[folder].entries[key] = entry
    guard case .folder(let next) = entry else { return folder }
    folders.append(Folder())
    return next
  }
}
