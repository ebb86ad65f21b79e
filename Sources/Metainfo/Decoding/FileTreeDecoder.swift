/// Reads the `file tree` of a v2 torrent (BEP 52) into files in the tree's order. Iterative: depth costs no stack.
struct FileTreeDecoder {
  private struct Folder {
    var entries: BencodeNode.Entries
    let path: [String]
  }

  private let rules: NameRules
  private let limits: TorrentLimits
  private let name: String
  private var size: TorrentSize
  private var checker: PathChecker
  private var files: [TorrentFile] = []

  var warnings: TorrentWarnings { checker.warnings }

  init(rules: NameRules, limits: TorrentLimits, name: String, pieceLength: Int) {
    (self.rules, self.limits, self.name) = (rules, limits, name)
    size = TorrentSize(limits: limits, pieceLength: pieceLength, isFileAligned: true)
    checker = PathChecker(rules: rules, folder: name)
  }

  mutating func decode(_ tree: BencodeNode) throws(TorrentError) -> [TorrentFile] {
    var open = [Folder(entries: tree.entries, path: [])]
    while let index = open.indices.last {
      guard let entry = open[index].entries.next() else {
        open.removeLast()
        continue
      }
      if let folder = try visit(entry, in: open[index].path) { open.append(folder) }
    }
    try size.checkNotEmpty(at: "info.file tree")
    checker.finish()
    return files
  }

  // Takes a file, or gives the folder to be gone into.
  private mutating func visit(
    _ entry: (key: ArraySlice<UInt8>, value: BencodeNode), in folder: [String]
  ) throws(TorrentError) -> Folder? {
    let path = try path(of: entry.key, in: folder)
    let node = entry.value
    guard node.kind == .dictionary else { throw TorrentError(.wrongType, at: Self.place(of: path), "must be a dictionary") }
    guard let properties = node[""] else { return Folder(entries: node.entries, path: path) }
    var entries = node.entries
    _ = entries.next()
    guard entries.next() == nil else {
      throw TorrentError(.nameClash, at: Self.place(of: path), "is a file and has entries of its own, as only a folder can")
    }
    try add(properties, path: path)
    return nil
  }

  private func path(of name: ArraySlice<UInt8>, in folder: [String]) throws(TorrentError) -> [String] {
    do throws(NameFault) {
      let path = folder + [try rules.name(name)]
      try rules.check(path: path, below: self.name)
      return path
    } catch {
      throw error.at(Self.place(of: folder) + "/" + shown(name))
    }
  }

  private mutating func add(_ properties: BencodeNode, path: [String]) throws(TorrentError) {
    guard files.count < limits.files else {
      throw TorrentError(.tooLarge, at: "info.file tree", "more than \(limits.files) files")
    }
    let file = try file(properties, path: path)
    try size.add(file.length, at: Self.place(of: path) + ".length")
    try checker.add(file, at: Self.place(of: path))
    files.append(file)
  }

  private func file(_ properties: BencodeNode, path: [String]) throws(TorrentError) -> TorrentFile {
    guard properties.kind == .dictionary else {
      throw TorrentError(.wrongType, at: Self.place(of: path), "must be described by a dictionary")
    }
    let attributes = try FileAttributes(properties, rules: rules, at: Self.place(of: path))
    guard !attributes.isPadding else {
      throw TorrentError(.badValue, at: Self.place(of: path) + ".attr", "there are no pad files in a file tree")
    }
    let isSymlink = attributes.symlinkTarget != nil
    guard let length = try properties.integer("length", at: Self.place(of: path)) ?? (isSymlink ? 0 : nil) else {
      throw .missing(Self.place(of: path) + ".length")
    }
    guard !isSymlink || length == 0 else {
      throw TorrentError(.badValue, at: Self.place(of: path) + ".length", "a symlink has no bytes")
    }
    return TorrentFile(
      path: path, length: length, isExecutable: attributes.isExecutable, symlinkTarget: attributes.symlinkTarget,
      piecesRoot: length > 0 ? try root(properties, path: path) : nil)
  }

  private func root(_ properties: BencodeNode, path: [String]) throws(TorrentError) -> SHA256Digest {
    guard let bytes = try properties.bytes("pieces root", at: Self.place(of: path)) else {
      throw .missing(Self.place(of: path) + ".pieces root")
    }
    guard let root = SHA256Digest(bytes), root != .zero else {
      throw TorrentError(.badHashes, at: Self.place(of: path) + ".pieces root", "is not a SHA-256 digest")
    }
    return root
  }

  private static func place(of path: [String]) -> String {
    (["info.file tree"] + path.map { shown($0.utf8) }).joined(separator: "/")
  }
}
