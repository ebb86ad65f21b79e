/// Brings the files of a torrent to be made into order, with pad files where they are needed, and checks them.
struct FilePlan {
  let rules: NameRules
  let name: String
  let isSingleFile: Bool
  let version: TorrentVersion
  let pieceLength: Int

  /// The files as the torrent has them.
  func files(_ files: [TorrentFile]) throws(TorrentError) -> [TorrentFile] {
    do throws(NameFault) {
      try rules.check(name)
    } catch {
      throw error.at("name")
    }
    try checkForm(files)
    let sorted = files.sorted { Self.precedes($0.path, $1.path) }
    try check(sorted)
    return version == .hybrid ? padded(sorted) : sorted
  }

  private func checkForm(_ files: [TorrentFile]) throws(TorrentError) {
    if isSingleFile {
      guard files.count == 1, files[0].path.count == 1, files[0].path[0].utf8.elementsEqual(name.utf8),
        files[0].symlinkTarget == nil
      else { throw TorrentError(.badValue, at: "files", "a single file is one file of the torrent's name, and no symlink") }
    } else if version == .v2, files.count == 1, files[0].path.map({ Array($0.utf8) }) == [Array(name.utf8)] {
      let problem = "a v2 torrent cannot tell a folder that holds one file of its own name from that file; a hybrid can"
      throw TorrentError(.badValue, at: "files", problem)
    }
  }

  private func check(_ files: [TorrentFile]) throws(TorrentError) {
    let limits = TorrentLimits()
    guard files.count <= limits.files else { throw TorrentError(.tooLarge, at: "files", "more than \(limits.files)") }
    var checker = PathChecker(rules: rules, folder: isSingleFile ? nil : name)
    var size = TorrentSize(limits: limits, pieceLength: pieceLength, isFileAligned: version.hasV2)
    for file in files {
      let place = "files/" + shown(file.displayPath.utf8)
      guard !file.isPadding else { throw TorrentError(.badValue, at: place, "pad files are added here") }
      guard file.symlinkTarget == nil || file.length == 0 else { throw TorrentError(.badValue, at: place, "a symlink has no bytes") }
      try check(names: file.path, at: place)
      try check(names: file.symlinkTarget ?? [], at: place + ", symlink target")
      try checker.add(file, at: place)
      try size.add(file.length, at: place)
    }
    try size.checkNotEmpty(at: "files")
  }

  private func check(names: [String], at place: String) throws(TorrentError) {
    do throws(NameFault) {
      for name in names { try rules.check(name) }
    } catch {
      throw error.at(place)
    }
  }

  // A pad file after each file that does not end with a piece, up to the last one with content: nothing follows that one that
  // would have to be aligned.
  private func padded(_ files: [TorrentFile]) -> [TorrentFile] {
    let last = files.lastIndex { $0.length > 0 } ?? 0
    var padded: [TorrentFile] = []
    for (index, file) in files.enumerated() {
      padded.append(file)
      let rest = file.length % Int64(pieceLength)
      if index < last, rest > 0 { padded.append(.padding(Int64(pieceLength) - rest)) }
    }
    return padded
  }

  /// Whether a path comes before another in a file tree: name by name, each by its raw bytes (BEP 52).
  static func precedes(_ one: [String], _ other: [String]) -> Bool {
    for (left, right) in zip(one, other) where !left.utf8.elementsEqual(right.utf8) {
      return left.utf8.lexicographicallyPrecedes(right.utf8)
    }
    return one.count < other.count
  }
}
