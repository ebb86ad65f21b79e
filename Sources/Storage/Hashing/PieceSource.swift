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

  init(_ files: ArtifactFiles) {
    self.files = files
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

  private mutating func opened(_ number: Int) throws(FileFault) -> OpenFile {
    if let open, open.number == number { return open.file }
    do throws(StorageError) {
      let path = files.path(number)
      guard let file = try OpenFile.open(path, below: files.root, evidence: files.identity(number)) else {
        throw .missing(path: files.display(number))
      }
      posix_fadvise(file.descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
      open = (number, file)
      return file
    } catch {
      throw FileFault(file: number, error: error)
    }
  }
}
