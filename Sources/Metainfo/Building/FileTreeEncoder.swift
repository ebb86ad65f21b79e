/// Writes the `file tree` of a v2 or hybrid torrent (BEP 52).
struct FileTreeEncoder {
  let files: [TorrentFile]
  let roots: [Int: SHA256Digest]

  /// The tree of all files but the pad files.
  func tree() -> Bencode {
    let entries = files.indices.filter { !files[$0].isPadding }
    return folder(entries[...], depth: 0)
  }

  // The files are sorted, so that those of one folder are neighbours. Recursive: the rules bound a path's levels.
  private func folder(_ entries: ArraySlice<Int>, depth: Int) -> Bencode {
    var folder: [[UInt8]: Bencode] = [:]
    var rest = entries
    while let first = rest.first {
      let name = Array(files[first].path[depth].utf8)
      let end = rest.firstIndex { !files[$0].path[depth].utf8.elementsEqual(name) } ?? rest.endIndex
      let isFile = files[first].path.count == depth + 1
      folder[name] = isFile ? leaf(first) : self.folder(rest[..<end], depth: depth + 1)
      rest = rest[end...]
    }
    return .dictionary(folder)
  }

  private func leaf(_ index: Int) -> Bencode {
    var fields = files[index].fields
    if let root = roots[index] { fields["pieces root"] = .bytes(root.bytes) }
    return Bencode(["": Bencode(fields)])
  }
}
