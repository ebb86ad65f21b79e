import Metainfo
import NIOCore

/// Reads the blocks of one artifact, many at a time, into the buffer that is then written to the peer.
///
/// The route of a batch: each block is checked against the layout; a `BlockPlanner` turns blocks into segments of files; the
/// `DescriptorCache` gives the open files under one lock; a `BatchRead` reads runs of adjacent segments with one call each.
/// May be used from any number of threads at once.
package final class ArtifactReader: Sendable {
  /// The files and pieces.
  package let layout: PieceLayout
  /// The folder below which the files lie.
  package let root: String
  let paths: [[String]]
  let identities: [FileIdentity?]
  /// The device that the files lie on, where their evidence tells; 0 where nothing does. Files of one artifact rarely lie on several.
  package let device: UInt64
  let cache: DescriptorCache
  let spans: FileSpans
  let number: UInt64
  /// We write to the files meanwhile.
  private let isStaged: Bool
  private let bell = ChangeBell()

  /// A reader for an artifact whose file of index `i` lies at `paths[i]` below `root`; the paths of pad files are not looked at.
  ///
  /// - Parameter identities: by file index, what each file was when its pieces were verified; where there is nil, or no entry, the
  ///   file is taken as it is found.
  /// - Parameter isStaged: the files are an `ArtifactWriter`'s, which writes to them meanwhile: only held pieces are to be read.
  package init(
    layout: PieceLayout, root: String, paths: [[String]], identities: [FileIdentity?], cache: DescriptorCache, isStaged: Bool = false
  ) {
    self.isStaged = isStaged
    (self.layout, self.root, self.paths, self.identities, self.cache) = (layout, root, paths, identities, cache)
    device = identities.lazy.compactMap { $0?.device }.first ?? 0
    spans = FileSpans(layout)
    number = cache.newReader()
  }

  deinit { cache.removeAll(of: number) }

  /// Appends to `buffer`, for each block in order, `prefixLength` bytes written by `writePrefix`, then the block's bytes.
  ///
  /// Grows the buffer once, by what all blocks need: the caller bounds the batch. Bytes of pad files are zeroes. `writePrefix` may
  /// be called for blocks that then do not come, and is called again when they are asked for again.
  /// - Parameter waiting: whether the call may wait for a disk. If not, it takes what the page cache has and stops at the first block
  ///   that is not wholly there.
  package func append(
    _ blocks: some RandomAccessCollection<Block>, to buffer: inout ByteBuffer, prefixLength: Int,
    writePrefix: (Block, UnsafeMutableRawBufferPointer) -> Void, waiting: Bool
  ) -> BatchResult {
    let result = blocks.withContiguousStorageIfAvailable { blocks in
      append(blocks, to: &buffer, prefixLength, writePrefix, waiting)
    }
    if let result { return result }
    return Array(blocks).withUnsafeBufferPointer { append($0, to: &buffer, prefixLength, writePrefix, waiting) }
  }

  private func append(
    _ blocks: UnsafeBufferPointer<Block>, to buffer: inout ByteBuffer, _ prefixLength: Int,
    _ writePrefix: (Block, UnsafeMutableRawBufferPointer) -> Void, _ waiting: Bool
  ) -> BatchResult {
    let prefixLength = max(0, prefixLength)
    let (count, bytes) = measure(blocks, prefixLength)
    let valid = UnsafeBufferPointer(rebasing: blocks[..<count])
    var result = BatchResult.complete
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: bytes) { space in
      var read = BatchRead(self, planner: BlockPlanner(spans, valid, prefixLength: prefixLength), space: space, waiting: waiting)
      result = read.run(segmentsAtOnce: count, writePrefix: writePrefix)
      return read.wholeBytes
    }
    if result == .complete, count < blocks.count { return .failed(appended: count, .noSuchBlock(blocks[count])) }
    return result
  }

  /// How many blocks from the first on lie within their pieces, and the bytes they need.
  private func measure(_ blocks: UnsafeBufferPointer<Block>, _ prefixLength: Int) -> (count: Int, bytes: Int) {
    var (count, bytes) = (0, 0)
    for block in blocks {
      guard spans.begin(of: block, near: 0) != nil else { break }
      count += 1
      bytes += prefixLength + Int(block.length)
    }
    return (count, bytes)
  }

  /// The open file, from the cache or opened now against its evidence; nil where that would wait for a disk and must not.
  func open(file: Int, waiting: Bool) throws(StorageError) -> OpenFile? {
    let path = paths.indices.contains(file) ? paths[file] : []
    let evidence = identities.indices.contains(file) ? identities[file] : nil
    let key = DescriptorCache.Key(reader: number, file: file)
    let onBreak: @Sendable () -> Void = { [bell, weak cache, root] in
      cache?.remove(key)
      bell.ring(.openedForWriting(path: BeneathRoot.display(root, path)))
    }
    guard
      let opened = try OpenFile.open(
        path, below: root, evidence: evidence, cachedOnly: !waiting, leases: cache.leases, isOurs: isStaged, onBreak: onBreak)
    else { return nil }
    cache.insert(opened, for: key)
    return opened
  }

  /// Has the closure told, once for each file that is held open, when another program opens one for writing. It is called on a thread
  /// that has more such news to take in, and must not wait. In place of an earlier one.
  package func onChange(_ listener: @escaping @Sendable (StorageError) -> Void) { bell.listen(listener) }

  /// The file's path for messages.
  func display(file: Int) -> String {
    BeneathRoot.display(root, paths.indices.contains(file) ? paths[file] : [])
  }
}
