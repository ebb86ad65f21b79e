import Metainfo
import NIOCore

/// A part of an artifact's data as it was sent.
struct UploadPart: Sendable {
  private let bytes: ByteBuffer
  private let range: Range<Int64>

  init(_ bytes: ByteBuffer, at offset: Int64) {
    self.bytes = bytes
    let end = max(0, offset).addingReportingOverflow(Int64(bytes.readableBytes))
    range = end.overflow || offset < 0 ? 0..<0 : offset..<end.partialValue
  }

  /// Blocks that lie wholly within it, of pieces that are lacking; padding, which nobody sends, left out.
  func runs(of layout: PieceLayout, lacking: Bitfield) -> [BlockRun] {
    let length = Int64(layout.pieceLength)
    guard !range.isEmpty, layout.pieceCount > 0, length > 0 else { return [] }
    let pieces = Int(clamping: range.lowerBound / length)...Int(clamping: (range.upperBound - 1) / length)
    return pieces.clamped(to: 0...layout.pieceCount - 1).flatMap { piece in
      lacking[piece] ? runs(ofPiece: piece, layout) : []
    }
  }

  private func runs(ofPiece piece: Int, _ layout: PieceLayout) -> [BlockRun] {
    guard let shape = PieceShape(piece, of: layout) else { return [] }
    let begin = Int64(piece) * Int64(layout.pieceLength)
    let padding = Set(shape.padding(in: layout))
    var runs: [BlockRun] = []
    for index in 0..<shape.blockCount where !padding.contains(index) {
      let block = shape.block(index)
      let start = begin + Int64(block.offset)
      guard start >= range.lowerBound, start + Int64(block.length) <= range.upperBound,
        let slice = bytes.getSlice(at: bytes.readerIndex + Int(start - range.lowerBound), length: Int(block.length))
      else { continue }
      if runs.isEmpty || runs[runs.count - 1].append(block, slice) != true { runs.append(BlockRun(block, bytes: slice)) }
    }
    return runs
  }
}
