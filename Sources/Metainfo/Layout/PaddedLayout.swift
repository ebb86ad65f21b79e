/// The layout that peers see. In a v2-only torrent files begin pieces and the gaps between them belong to nobody; libtorrent fills them with
/// pad files, the last file's piece included, and asks for whole blocks there, which are answered with zeroes.
public struct PaddedLayout: Hashable, Sendable {
  /// Files with pad files between them where the torrent's own layout has gaps; else the torrent's own layout.
  public let layout: PieceLayout
  /// For each file of `layout`: its index in the torrent's own layout; nil for a pad file that was filled in.
  public let originals: [Int?]

  /// The layout that peers see of this one.
  public init(_ own: PieceLayout) {
    guard own.isFileAligned else {
      (layout, originals) = (own, own.files.indices.map { $0 })
      return
    }
    var files: [TorrentFile] = []
    var originals: [Int?] = []
    for (index, file) in own.files.enumerated() {
      files.append(file)
      originals.append(index)
      let beyond = file.length % Int64(own.pieceLength)
      guard beyond > 0 else { continue }
      let length = Int64(own.pieceLength) - beyond
      files.append(TorrentFile(path: [".pad", String(length)], length: length, isPadding: true))
      originals.append(nil)
    }
    layout = PieceLayout(files: files, pieceLength: own.pieceLength, isFileAligned: false)
    self.originals = originals
  }

  /// What is known of the torrent's own files, in the order of `layout`.
  public func arranged<Value>(_ values: [Value], padding: Value) -> [Value] {
    originals.map { index in index.flatMap { values.indices.contains($0) ? values[$0] : nil } ?? padding }
  }
}
