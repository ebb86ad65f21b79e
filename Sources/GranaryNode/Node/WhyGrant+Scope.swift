import Control
import Metainfo
import PluginKit

extension WhyGrant {
  /// Files named of those that are not granted whole.
  private static let mostNamed = 100

  /// What a scope means in pieces, files and bytes. Pad files are no files.
  init(_ scope: Scope, of layout: PieceLayout) {
    let files = layout.files.indices.filter { !layout.files[$0].isPadding }
    let bytes = layout.contentLength
    self.init(
      grantedPieces: layout.pieceCount, pieces: layout.pieceCount, grantedFiles: files.count, files: files.count, grantedBytes: bytes,
      bytes: bytes, lacking: [])
    guard case .part(let part) = scope else { return }
    (grantedPieces, grantedFiles, grantedBytes) = (part.wholePieces.population, 0, 0)
    for index in files {
      let file = layout.files[index]
      let granted = part.bytes(ofFile: index, of: layout)
      grantedBytes += granted
      if granted == file.length {
        grantedFiles += 1
      } else if lacking.count < Self.mostNamed {
        lacking.append(File(path: file.displayPath, bytes: file.length, grantedBytes: granted))
      }
    }
  }
}

extension PartialScope {
  /// How many bytes of a file are in.
  fileprivate func bytes(ofFile index: Int, of layout: PieceLayout) -> Int64 {
    guard let range = layout.pieces(ofFile: index) else { return 0 }
    let there = terms.filter { $0.files[index] }
    guard !there.isEmpty else { return 0 }
    let (begin, length) = (layout.fileOffsets[index], Int64(layout.pieceLength))
    let end = begin + layout.files[index].length
    return range.reduce(0) { sum, piece in
      guard there.contains(where: { $0.pieces[piece] }) else { return sum }
      return sum + max(0, min(end, (Int64(piece) + 1) * length) - max(begin, Int64(piece) * length))
    }
  }
}
