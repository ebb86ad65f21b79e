import Metainfo

/// Where an artifact's files lie while it is fetched.
///
/// All is in one folder beside the artifact's place, so that it gets there by a rename: `data` holds what will be the artifact, under its own
/// names; `rest` the bytes of files that are not wanted in pieces that are, under the files' numbers.
struct StagingPlan: Sendable {
  let layout: PieceLayout
  /// The artifact's own name.
  let name: String
  /// The staging folder's name.
  let folder: String
  /// By file index: below the staging folder; nil for padding and links.
  let staged: [[String]?]
  /// By file index: below the root, once in place; nil for padding, and for files that are not wanted.
  let final: [[String]?]
  /// The pieces that have a byte of a wanted file.
  let wanted: Bitfield
  /// Those of them that have no byte of any other, padding aside.
  let whole: Bitfield

  static let data = "data"
  static let rest = "rest"
  static let record = "record"

  /// - Parameter files: those that are wanted, by index; nil: all.
  init(_ torrent: Torrent, files: Set<Int>? = nil) {
    (layout, name) = (torrent.layout, torrent.name)
    folder = Self.folder(of: torrent)
    var (staged, final) = ([[String]?](), [[String]?]())
    var wanted = Bitfield(count: layout.pieceCount)
    var whole = Bitfield(count: layout.pieceCount, filled: true)
    for (index, file) in layout.files.enumerated() {
      let isWanted = !file.isPadding && files?.contains(index) ?? true
      let path = torrent.relativePath(ofFile: index)
      final.append(isWanted ? path : nil)
      let isStored = !file.isPadding && file.symlinkTarget == nil
      staged.append(!isStored ? nil : isWanted ? path.map { [Self.data] + $0 } : [Self.rest, String(index)])
      guard !file.isPadding, let pieces = layout.pieces(ofFile: index) else { continue }
      for piece in pieces { if isWanted { wanted[piece] = true } else { whole[piece] = false } }
    }
    (self.staged, self.final, self.wanted) = (staged, final, wanted)
    self.whole = whole.intersection(wanted)
  }

  static func folder(of torrent: Torrent) -> String { ".granary-\(torrent.infoHash.preferredWire).part" }

  /// By file index: below the root while it is fetched, as readers and hashers want it.
  var stagedPaths: [[String]] { staged.map { path in path.map { [folder] + $0 } ?? [] } }

  /// By file index: below the root in its place; empty for padding and for what is not wanted.
  var finalPaths: [[String]] { final.map { $0 ?? [] } }

  /// Where a symlink leads from where it lies: BEP 47's targets are relative to the artifact's folder.
  func linkTarget(_ file: Int) -> String? {
    guard let target = layout.files[file].symlinkTarget else { return nil }
    return ([String](repeating: "..", count: max(0, layout.files[file].path.count - 1)) + target).joined(separator: "/")
  }
}
