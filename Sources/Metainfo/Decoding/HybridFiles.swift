/// The two descriptions that a hybrid torrent has of its files (BEP 52), which must agree: else v1 and v2 peers would share pieces
/// of different content.
struct HybridFiles {
  /// From the v1 list, pad files included.
  let list: [TorrentFile]
  /// From the v2 tree.
  let tree: [TorrentFile]
  let pieceLength: Int
  let isSingleFile: Bool

  /// The v1 list with the v2 roots.
  func merged() throws(TorrentError) -> [TorrentFile] {
    var merged: [TorrentFile] = []
    let aligned = PieceLayout(files: tree, pieceLength: pieceLength, isFileAligned: true)
    let padded = PieceLayout(files: list, pieceLength: pieceLength, isFileAligned: false)
    var next = tree.indices.makeIterator()
    for (index, file) in list.enumerated() {
      guard !file.isPadding else {
        merged.append(file)
        continue
      }
      guard let other = next.next() else { throw fault(index, "is not in info.file tree") }
      try check(index, against: other)
      guard file.length == 0 || padded.fileOffsets[index] == aligned.fileOffsets[other] else {
        throw fault(index, "does not begin at the piece where info.file tree has it, for want of a fitting pad file")
      }
      merged.append(file.with(piecesRoot: tree[other].piecesRoot))
    }
    if let missing = next.next() { throw disagreement("\(shown(tree[missing].displayPath.utf8)) is only in info.file tree") }
    guard padded.pieceCount == aligned.pieceCount else { throw disagreement("the last pad file is longer than its piece") }
    return merged
  }

  private func check(_ index: Int, against other: Int) throws(TorrentError) {
    let (file, entry) = (list[index], tree[other])
    guard Self.areSame(file.path, entry.path) else {
      throw fault(index, "is \(shown(file.displayPath.utf8)), but info.file tree has \(shown(entry.displayPath.utf8)) in its place")
    }
    guard file.length == entry.length else {
      throw fault(index, "has \(file.length) bytes, but \(entry.length) in info.file tree")
    }
    guard Self.areSame(file.symlinkTarget ?? [], entry.symlinkTarget ?? []) else {
      throw fault(index, "is not the same symlink in info.file tree")
    }
  }

  // Byte by byte, where String would take composed and decomposed letters for equal.
  private static func areSame(_ one: [String], _ other: [String]) -> Bool {
    one.count == other.count && zip(one, other).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
  }

  private func fault(_ index: Int, _ problem: String) -> TorrentError {
    TorrentError(.inconsistent, at: isSingleFile ? "info" : "info.files[\(index)]", problem)
  }

  private func disagreement(_ problem: String) -> TorrentError {
    TorrentError(.inconsistent, at: isSingleFile ? "info" : "info.files", problem)
  }
}

extension TorrentFile {
  /// The same file with this root.
  func with(piecesRoot: SHA256Digest?) -> TorrentFile {
    TorrentFile(
      path: path, length: length, isPadding: isPadding, isExecutable: isExecutable, symlinkTarget: symlinkTarget,
      piecesRoot: piecesRoot)
  }
}
