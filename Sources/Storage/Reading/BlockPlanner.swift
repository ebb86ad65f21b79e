import Metainfo

/// Walks over a batch of blocks and says, a handful of segments at a time, what is to be read where. Writes the prefixes as it goes.
///
/// It can stop in the midst of a block: one block of 16 KiB may lie in thousands of tiny files.
struct BlockPlanner {
  private let spans: FileSpans
  private let blocks: UnsafeBufferPointer<Block>
  private let prefixLength: Int
  private var next = 0
  private var place = 0
  /// The bytes of the torrent that the current block still needs, and their span.
  private var rest: Range<Int64> = 0..<0
  private var span = 0

  /// - Parameter blocks: each checked to lie within its piece.
  init(_ spans: FileSpans, _ blocks: UnsafeBufferPointer<Block>, prefixLength: Int) {
    (self.spans, self.blocks, self.prefixLength) = (spans, blocks, prefixLength)
  }

  /// Fills in the next segments; returns how many, 0 at the end.
  mutating func fill(
    _ segments: UnsafeMutableBufferPointer<BlockSegment>, in space: UnsafeMutableRawBufferPointer,
    writePrefix: (Block, UnsafeMutableRawBufferPointer) -> Void
  ) -> Int {
    var count = 0
    while count < segments.count {
      if rest.isEmpty, !beginBlock(in: space, writePrefix) { break }
      segments.initializeElement(at: count, to: nextSegment())
      count += 1
    }
    return count
  }

  private mutating func beginBlock(
    in space: UnsafeMutableRawBufferPointer, _ writePrefix: (Block, UnsafeMutableRawBufferPointer) -> Void
  ) -> Bool {
    guard next < blocks.count else { return false }
    let block = blocks[next]
    guard let begin = spans.begin(of: block, near: span), let found = spans.index(at: begin, near: span) else { return false }
    writePrefix(block, UnsafeMutableRawBufferPointer(rebasing: space[place..<place + prefixLength]))
    next += 1
    place += prefixLength
    (rest, span) = (begin..<begin + Int64(block.length), found)
    return true
  }

  private mutating func nextSegment() -> BlockSegment {
    let here = spans.spans[span]
    let end = min(here.end, rest.upperBound)
    let length = Int(end - rest.lowerBound)
    let segment = BlockSegment(
      file: here.isPadding ? BlockSegment.padding : here.file, offset: rest.lowerBound - here.begin, length: length, place: place,
      endsBlock: end == rest.upperBound)
    place += length
    rest = end..<rest.upperBound
    // The next bytes of a block that goes on begin the next file: within a piece there is no gap.
    if !rest.isEmpty { span += 1 }
    return segment
  }
}
