/// Bytes of one file that go to one place in memory: the whole of a block, or the part of it that lies in this file.
struct BlockSegment {
  /// What `file` is for a pad file's zeroes.
  static let padding = -1

  /// The index in the layout's files, or `padding`.
  let file: Int
  /// Bytes from the file's beginning.
  let offset: Int64
  /// Length in bytes, at least 1.
  let length: Int
  /// Bytes from the batch's beginning in memory.
  let place: Int
  /// Whether the block is whole once this segment is there.
  let endsBlock: Bool
}
