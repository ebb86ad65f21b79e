/// Reads the files of a v1 torrent (BEP 3, BEP 47): `files`, or `length` for a single one.
struct FileListDecoder {
  private let rules: NameRules
  private let limits: TorrentLimits
  private let name: String
  private var size: TorrentSize
  private(set) var warnings = TorrentWarnings()

  init(rules: NameRules, limits: TorrentLimits, name: String, pieceLength: Int) {
    (self.rules, self.limits, self.name) = (rules, limits, name)
    size = TorrentSize(limits: limits, pieceLength: pieceLength, isFileAligned: false)
  }

  mutating func decode(_ info: BencodeNode) throws(TorrentError) -> (files: [TorrentFile], isSingleFile: Bool) {
    guard let list = try info.list("files", at: "info") else { return ([try singleFile(info)], true) }
    guard info["length"] == nil else { throw TorrentError(.inconsistent, at: "info", "has both files and length") }
    let files = try files(list)
    try size.checkNotEmpty(at: "info.files")
    return (files, false)
  }

  private mutating func singleFile(_ info: BencodeNode) throws(TorrentError) -> TorrentFile {
    guard let length = try info.integer("length", at: "info") else { throw .missing("info.length") }
    let attributes = try FileAttributes(info, rules: rules, at: "info")
    guard !attributes.isPadding, attributes.symlinkTarget == nil else {
      throw TorrentError(.badValue, at: "info.attr", "the only file cannot be a pad file or a symlink")
    }
    try size.add(length, at: "info.length")
    try size.checkNotEmpty(at: "info.length")
    return TorrentFile(path: [name], length: length, isExecutable: attributes.isExecutable)
  }

  private mutating func files(_ list: BencodeNode) throws(TorrentError) -> [TorrentFile] {
    var checker = PathChecker(rules: rules, folder: name)
    var files: [TorrentFile] = []
    for node in list.elements {
      let index = files.count
      guard index < limits.files else { throw TorrentError(.tooLarge, at: "info.files", "more than \(limits.files) files") }
      let file = try file(node, at: "info.files[\(index)]")
      try checker.add(file, at: "info.files[\(index)].path")
      files.append(file)
    }
    checker.finish()
    warnings.append(contentsOf: checker.warnings)
    return files
  }

  private mutating func file(_ node: BencodeNode, at place: @autoclosure () -> String) throws(TorrentError) -> TorrentFile {
    guard node.kind == .dictionary else { throw TorrentError(.wrongType, at: place(), "must be a dictionary") }
    let attributes = try FileAttributes(node, rules: rules, at: place())
    let length = try length(of: node, isSymlink: attributes.symlinkTarget != nil, at: place())
    if attributes.isPadding { return .padding(length) }
    let path = try path(of: node, at: place())
    // BitComet marked its pad files by their names, before BEP 47 had a letter for them.
    if path.last?.hasPrefix("_____padding_file_") == true { return .padding(length) }
    return TorrentFile(
      path: path, length: length, isExecutable: attributes.isExecutable, symlinkTarget: attributes.symlinkTarget)
  }

  private mutating func length(
    of node: BencodeNode, isSymlink: Bool, at place: @autoclosure () -> String
  ) throws(TorrentError) -> Int64 {
    guard let length = try node.integer("length", at: place()) ?? (isSymlink ? 0 : nil) else { throw .missing(place() + ".length") }
    guard !isSymlink || length == 0 else { throw TorrentError(.badValue, at: place() + ".length", "a symlink has no bytes") }
    try size.add(length, at: place() + ".length")
    return length
  }

  private func path(of node: BencodeNode, at place: @autoclosure () -> String) throws(TorrentError) -> [String] {
    guard let list = try node.list("path", at: place()) else { throw .missing(place() + ".path") }
    let isValid = list.elements.allSatisfy { $0.bytes.map { String(validating: $0, as: UTF8.self) != nil } ?? true }
    if !isValid, let alternative = try node.list("path.utf-8", at: place()) {
      return try alternative.names(rules: rules, at: place() + ".path.utf-8")
    }
    return try list.names(rules: rules, at: place() + ".path")
  }
}

extension TorrentFile {
  /// A pad file under the name that BEP 47 recommends, whatever a torrent calls it: nothing asks for it.
  static func padding(_ length: Int64) -> TorrentFile {
    TorrentFile(path: [".pad", "\(length)"], length: length, isPadding: true)
  }
}
