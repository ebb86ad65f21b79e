import CLinux
import Glibc
import Metainfo

/// One call of `ArtifactReader.append` in progress: gets open files and moves bytes, counting the blocks that are whole.
struct BatchRead {
  /// Adjacent segments that one call reads. Measured on the page cache: 0.95 microseconds a block of 16 KiB in calls of 64, 1.5 in a
  /// call each.
  private static let vectors = 64
  private static let mostSegments = 128

  private let reader: ArtifactReader
  private var planner: BlockPlanner
  private let space: UnsafeMutableRawBufferPointer
  private let waiting: Bool
  private var wholeBlocks = 0
  /// The bytes in the space that whole blocks and their prefixes take.
  private(set) var wholeBytes = 0

  init(_ reader: ArtifactReader, planner: BlockPlanner, space: UnsafeMutableRawBufferPointer, waiting: Bool) {
    (self.reader, self.planner, self.space, self.waiting) = (reader, planner, space, waiting)
  }

  private typealias Segments = UnsafeBufferPointer<BlockSegment>
  private typealias Handles = UnsafeMutableBufferPointer<OpenFile?>
  private typealias Vectors = UnsafeMutableBufferPointer<iovec>

  /// What ends a batch early.
  private enum Stop: Error {
    case wouldBlock
    case failed(StorageError)
  }

  /// Reads all blocks, or as many as there are to be had.
  mutating func run(
    segmentsAtOnce: Int, writePrefix: (Block, UnsafeMutableRawBufferPointer) -> Void
  ) -> BatchResult {
    let capacity = min(max(segmentsAtOnce, 4), Self.mostSegments)
    do throws(Stop) {
      try withScratch(capacity, writePrefix)
      return .complete
    } catch {
      switch error {
      case .wouldBlock: return .wouldBlock(appended: wholeBlocks)
      case .failed(let error): return .failed(appended: wholeBlocks, error)
      }
    }
  }

  private mutating func withScratch(
    _ capacity: Int, _ writePrefix: (Block, UnsafeMutableRawBufferPointer) -> Void
  ) throws(Stop) {
    try withUnsafeTemporaryAllocation(of: BlockSegment.self, capacity: capacity) { segments throws(Stop) in
      try withUnsafeTemporaryAllocation(of: OpenFile?.self, capacity: capacity) { handles throws(Stop) in
        try withUnsafeTemporaryAllocation(of: iovec.self, capacity: min(capacity, Self.vectors)) { vectors throws(Stop) in
          handles.initialize(repeating: nil)
          defer { handles.deinitialize() }
          try readAll(segments, handles, vectors, writePrefix)
        }
      }
    }
  }

  private mutating func readAll(
    _ segments: UnsafeMutableBufferPointer<BlockSegment>, _ handles: Handles, _ vectors: Vectors,
    _ writePrefix: (Block, UnsafeMutableRawBufferPointer) -> Void
  ) throws(Stop) {
    while true {
      let count = planner.fill(segments, in: space, writePrefix: writePrefix)
      guard count > 0 else { return }
      let planned = Segments(rebasing: segments[..<count])
      reader.cache.fill(handles, for: planned, of: reader.number)
      try read(planned, handles, vectors)
      for index in 0..<count { handles[index] = nil }
    }
  }

  private mutating func read(_ segments: Segments, _ handles: Handles, _ vectors: Vectors) throws(Stop) {
    var current: (number: Int, file: OpenFile)?
    var index = 0
    while index < segments.count {
      let segment = segments[index]
      if segment.file == BlockSegment.padding {
        clear(segment)
        index += 1
        continue
      }
      let file = try file(segment.file, handles[index], current)
      current = (segment.file, file)
      let count = adjacent(segments, from: index, vectors)
      try read(segments, index..<index + count, vectors, from: file)
      index += count
    }
  }

  private func file(_ number: Int, _ cached: OpenFile?, _ current: (number: Int, file: OpenFile)?) throws(Stop) -> OpenFile {
    if let cached { return cached }
    if let current, current.number == number { return current.file }
    do throws(StorageError) {
      if let opened = try reader.open(file: number, waiting: waiting) { return opened }
    } catch {
      throw .failed(error)
    }
    throw .wouldBlock
  }

  /// Sets the vectors for the segments from `first` on that follow each other in one file; returns how many there are.
  private func adjacent(_ segments: Segments, from first: Int, _ vectors: Vectors) -> Int {
    let file = segments[first].file
    var end = segments[first].offset
    var count = 0
    while count < vectors.count, first + count < segments.count {
      let segment = segments[first + count]
      guard segment.file == file, segment.offset == end else { break }
      let base = space.baseAddress?.advanced(by: segment.place)
      vectors.initializeElement(at: count, to: iovec(iov_base: base, iov_len: segment.length))
      end += Int64(segment.length)
      count += 1
    }
    return count
  }

  private mutating func read(_ segments: Segments, _ run: Range<Int>, _ vectors: Vectors, from file: OpenFile) throws(Stop) {
    var left = Vectors(rebasing: vectors[..<run.count])
    var offset = segments[run.lowerBound].offset
    var done = run.lowerBound
    while !left.isEmpty {
      let count = try readOnce(file, segments[run.lowerBound].file, left, offset)
      // Looked at after the read, so that nothing goes out that was written before it.
      let number = segments[run.lowerBound].file
      if let doubt = file.doubt(reader.display(file: number)) { throw .failed(doubt) }
      offset += Int64(count)
      let whole = Self.consume(count, of: &left)
      for index in done..<done + whole { finish(segments[index]) }
      done += whole
      if !waiting, !left.isEmpty { throw .wouldBlock }
    }
  }

  /// Reads what one call gives, at least 1 byte.
  private func readOnce(_ file: OpenFile, _ number: Int, _ vectors: Vectors, _ offset: Int64) throws(Stop) -> Int {
    if !waiting, file.needsWaiting { throw .wouldBlock }
    while true {
      let count =
        waiting
        ? preadv(file.descriptor, vectors.baseAddress, Int32(vectors.count), Int(offset))
        : granary_preadv_nowait(file.descriptor, vectors.baseAddress, Int32(vectors.count), offset)
      if count > 0 { return count }
      if count < 0, errno == EINTR { continue }
      try explain(count == 0 ? 0 : errno, file, number, offset)
    }
  }

  /// Throws what a read that gave nothing means; `number` 0 is the end of the file.
  private func explain(_ number: Int32, _ file: OpenFile, _ index: Int, _ offset: Int64) throws(Stop) -> Never {
    guard waiting else {
      // What is not simply absent from the cache is found again, and said, by the read that may wait.
      if number == EOPNOTSUPP || number == ENOSYS || number == EINVAL { file.setNeedsWaiting() }
      throw .wouldBlock
    }
    let path = reader.display(file: index)
    guard number == 0 else { throw .failed(.failed(path: path, operation: "read", offset: offset, errno: number)) }
    let size = FileStatus(descriptor: file.descriptor)?.identity.size ?? offset
    throw .failed(.truncated(path: path, offset: offset, size: size))
  }

  private mutating func clear(_ segment: BlockSegment) {
    space.baseAddress?.advanced(by: segment.place).initializeMemory(as: UInt8.self, repeating: 0, count: segment.length)
    finish(segment)
  }

  private mutating func finish(_ segment: BlockSegment) {
    guard segment.endsBlock else { return }
    wholeBlocks += 1
    wholeBytes = segment.place + segment.length
  }

  /// Takes `count` bytes off the vectors' beginning; returns how many vectors are used up.
  private static func consume(_ count: Int, of vectors: inout Vectors) -> Int {
    var (used, left) = (0, count)
    while used < vectors.count, left >= vectors[used].iov_len {
      left -= vectors[used].iov_len
      used += 1
    }
    vectors = Vectors(rebasing: vectors[used...])
    if left > 0, !vectors.isEmpty {
      vectors[0].iov_base = vectors[0].iov_base?.advanced(by: left)
      vectors[0].iov_len -= left
    }
    return used
  }
}
