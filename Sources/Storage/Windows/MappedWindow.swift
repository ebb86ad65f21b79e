import Metainfo
import NIOCore

/// A part of a file in memory, locked there and held under the file's lease: nobody can cut it off or change it before we have let go.
struct MappedWindow: Sendable {
  /// How much of a file one window shows at most. NIO copies slices that begin beyond 16 MiB of their buffer.
  static let size = 8 << 20
  /// Less than this is not worth a mapping, and a descriptor that is held for it.
  static let smallest = 1 << 20

  /// Which part of which file.
  struct Key: Hashable {
    let file: DescriptorCache.Key
    let index: Int
  }

  let file: OpenFile
  let bytes: ByteBuffer
  var lastUse: ContinuousClock.Instant

  /// The window's part of a file of this length.
  static func length(_ index: Int, ofFile length: Int64) -> Int { Int(clamping: min(Int64(size), length - Int64(index) * Int64(size))) }

  /// Maps a part of a file that is leased; nil where it is not, or where it cannot be locked. Waits for a disk where it must.
  ///
  /// `onEnd` is called when the memory has been given back, also where nil is returned.
  static func map(_ index: Int, of file: OpenFile, now: ContinuousClock.Instant, onEnd: @escaping @Sendable () -> Void) -> MappedWindow? {
    let length = length(index, ofFile: file.identity.size)
    guard length >= smallest, file.beginWindow() else {
      onEnd()
      return nil
    }
    // The file lives, and its lease is ours, as long as the mapping does.
    let end: @Sendable () -> Void = {
      file.endWindow()
      onEnd()
    }
    let mapped = MappedMemory.map(file.descriptor, offset: Int64(index) * Int64(size), length: length, onEnd: end)
    guard let mapped else {
      end()
      return nil
    }
    return MappedWindow(file: file, bytes: mapped, lastUse: now)
  }
}
