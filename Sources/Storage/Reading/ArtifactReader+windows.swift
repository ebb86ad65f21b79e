import Metainfo
import NIOCore

/// Blocks as parts of mapped memory, copied by nobody but the kernel.
extension ArtifactReader {
  /// A part of a file that is asked for so often that it should have a window.
  package struct WantedWindow: Sendable {
    let key: MappedWindow.Key
  }

  /// Whether there can be any windows.
  package var hasWindows: Bool { (cache.windows?.budget.limit ?? 0) >= MappedWindow.smallest }

  /// The blocks as slices, from the first on, as far as they lie in windows that stand; and what windows are wanted beside those.
  ///
  /// Each slice stays what it is until it is let go of, whatever becomes of the file: its lease is given back only after that. Whoever wants to
  /// write waits so long.
  package func slices(of blocks: [Block], now: ContinuousClock.Instant) -> (slices: [ByteBuffer], wanted: [WantedWindow]) {
    guard let windows = cache.windows else { return ([], []) }
    var places: [WindowCache.Place] = []
    places.reserveCapacity(blocks.count)
    var hint = 0
    for block in blocks {
      guard let place = place(of: block, &hint) else { break }
      places.append(place)
    }
    let (slices, wanted) = windows.slices(places, now: now)
    return (slices, wanted.map(WantedWindow.init))
  }

  /// Maps what is wanted, where there is memory for it. Waits for the disk.
  package func map(_ wanted: WantedWindow, now: ContinuousClock.Instant) {
    guard let windows = cache.windows, let file = cache.file(wanted.key.file), file.isLeased else { return }
    let length = MappedWindow.length(wanted.key.index, ofFile: file.identity.size)
    guard length >= MappedWindow.smallest, windows.reserve(length, now: now) else { return }
    let window = MappedWindow.map(wanted.key.index, of: file, now: now) { windows.budget.giveBack(length) }
    if let window { windows.insert(window, for: wanted.key) }
  }

  /// Lets go of windows that nobody asks for any more. To be called about once a second.
  package func sweepWindows(now: ContinuousClock.Instant) { cache.windows?.sweep(now: now) }

  private func place(of block: Block, _ hint: inout Int) -> WindowCache.Place? {
    guard let begin = spans.begin(of: block, near: hint), let index = spans.index(at: begin, near: hint) else { return nil }
    hint = index
    let span = spans.spans[index]
    guard !span.isPadding, begin + Int64(block.length) <= span.end else { return nil }
    let (window, offset) = (begin - span.begin).quotientAndRemainder(dividingBy: Int64(MappedWindow.size))
    guard offset + Int64(block.length) <= Int64(MappedWindow.size) else { return nil }
    guard MappedWindow.length(Int(window), ofFile: span.end - span.begin) >= MappedWindow.smallest else { return nil }
    let file = DescriptorCache.Key(reader: number, file: span.file)
    return WindowCache.Place(window: MappedWindow.Key(file: file, index: Int(window)), offset: Int(offset), length: Int(block.length))
  }
}
