/// How far a batch of blocks got. `appended` is the number of whole blocks that are in the buffer; of the next one there is nothing.
package enum BatchResult: Hashable, Sendable {
  /// All blocks are in the buffer.
  case complete
  /// The next block is not in the page cache, or its file is not open: read on with `waiting`, off the event loop.
  case wouldBlock(appended: Int)
  /// The next block cannot be had.
  case failed(appended: Int, StorageError)
}
