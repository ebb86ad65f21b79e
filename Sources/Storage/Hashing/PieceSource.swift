import CLinux
import Glibc
import Metainfo

/// Reads an artifact's bytes, padding included, in chunks through one buffer. Belongs to one worker, and has a descriptor of its own,
/// since the kernel reads ahead per descriptor and workers are in different places.
struct PieceSource: ~Copyable {
  /// The bytes of a chunk. It fits a core's own cache, so that hashing does not read from memory what the kernel has just copied.
  static let chunkLength = 256 << 10

  let files: ArtifactFiles
  private let buffer: UnsafeMutableRawBufferPointer
  private var open: (number: Int, file: OpenFile)?
  private var span = 0
  private let manner: ReadingManner

  init(_ files: ArtifactFiles, manner: ReadingManner = .eager) {
    (self.files, self.manner) = (files, manner)
    buffer = .allocate(byteCount: Self.chunkLength, alignment: 4_096)
  }

  deinit { buffer.deallocate() }

  /// The bytes of this range of the torrent, which is no longer than a chunk and has no gap. Good until the next call.
  mutating func read(_ range: Range<Int64>) throws(FileFault) -> UnsafeRawBufferPointer {
    let count = min(Int(range.upperBound - range.lowerBound), buffer.count)
    var done = 0
    while done < count {
      let offset = range.lowerBound + Int64(done)
      guard let found = files.spans.index(at: offset, near: span) else { break }
      span = found
      let here = files.spans.spans[found]
      let length = min(count - done, Int(here.end - offset))
      let target = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + length])
      if here.isPadding {
        target.initializeMemory(as: UInt8.self, repeating: 0)
      } else {
        try read(here.file, from: offset - here.begin, into: target)
      }
      done += length
    }
    return UnsafeRawBufferPointer(rebasing: buffer[..<done])
  }

  private mutating func read(_ number: Int, from offset: Int64, into target: UnsafeMutableRawBufferPointer) throws(FileFault) {
    let file = try opened(number)
    switch manner {
    case .eager: return try read(number, file, from: offset, into: target)
    case .paced(let pace):
      pace(target.count)
      return try read(number, file, from: offset, into: target)
    case .sparing(let pace): pace(target.count)
    }
    // What the page cache has was there before us, and stays; only what a disk was asked for is let go of again.
    let cached = Self.readCached(file, from: offset, into: target)
    guard cached < target.count else { return }
    let rest = UnsafeMutableRawBufferPointer(rebasing: target[cached...])
    try read(number, file, from: offset + Int64(cached), into: rest)
    posix_fadvise(file.descriptor, Int(offset) + cached, rest.count, POSIX_FADV_DONTNEED)
  }

  /// Takes what can be had without a disk; how many bytes that is.
  private static func readCached(_ file: OpenFile, from offset: Int64, into target: UnsafeMutableRawBufferPointer) -> Int {
    var vector = iovec(iov_base: target.baseAddress, iov_len: target.count)
    return max(0, granary_preadv_nowait(file.descriptor, &vector, 1, offset))
  }

  private func read(
    _ number: Int, _ file: OpenFile, from offset: Int64, into target: UnsafeMutableRawBufferPointer
  ) throws(FileFault) {
    var done = 0
    while done < target.count {
      let place = offset + Int64(done)
      let count = pread(file.descriptor, target.baseAddress?.advanced(by: done), target.count - done, Int(place))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw FileFault(file: number, error: failure(number, file, count == 0 ? 0 : errno, place)) }
      done += count
    }
  }

  private func failure(_ number: Int, _ file: OpenFile, _ code: Int32, _ offset: Int64) -> StorageError {
    let path = files.display(number)
    if code != 0 { return .failed(path: path, operation: "read", offset: offset, errno: code) }
    let size = FileStatus(descriptor: file.descriptor)?.identity.size ?? offset
    return .truncated(path: path, offset: offset, size: size)
  }

  /// The kernel is not to read ahead what we would not know to let go of.
  private var advice: Int32 {
    switch manner {
    case .eager, .paced: POSIX_FADV_SEQUENTIAL
    case .sparing: POSIX_FADV_RANDOM
    }
  }

  private mutating func opened(_ number: Int) throws(FileFault) -> OpenFile {
    if let open, open.number == number { return open.file }
    do throws(StorageError) {
      let path = files.path(number)
      guard let file = try OpenFile.open(path, below: files.root, evidence: files.identity(number)) else {
        throw .missing(path: files.display(number))
      }
      posix_fadvise(file.descriptor, 0, 0, advice)
      open = (number, file)
      return file
    } catch {
      throw FileFault(file: number, error: error)
    }
  }
}
