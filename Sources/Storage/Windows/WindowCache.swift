import NIOCore
import Synchronization

/// The windows of a node's artifacts, bounded by the memory that may be locked. What is asked for again and again gets one; one that nobody
/// has asked for in a while makes room.
package final class WindowCache: Sendable {
  /// Where a block lies, wholly within one window.
  struct Place {
    let window: MappedWindow.Key
    let offset: Int
    let length: Int
  }

  fileprivate struct State {
    var windows: [MappedWindow.Key: MappedWindow] = [:]
    /// How often parts that have no window were asked for.
    var heat: [MappedWindow.Key: Int] = [:]
    /// Those that are being mapped, or that could not be, until the next sweep.
    var settled: Set<MappedWindow.Key> = []
    var nextSweep = ContinuousClock.now
  }

  /// Memory that is locked.
  package let budget: WindowBudget
  private let state = Mutex(State())
  /// Blocks that are read before their part of the file is mapped: more than it has. To map and unmap a gigabyte takes 0.2 seconds of a
  /// processor, and sending it from there instead of reading it first saves 0.15: a single download is better read.
  private static let warm = 640
  private static let mostHeat = 8192
  private static let mostWindows = 1024
  private static let idle = Duration.seconds(60)
  private static let sweepPause = Duration.seconds(5)
  /// One that was used so lately is not given up for another: a working set larger than the budget would be mapped again and again.
  private static let settledFor = Duration.seconds(20)

  package init(budget: WindowBudget) { self.budget = budget }

  /// How many there are.
  package var count: Int { state.withLock { $0.windows.count } }

  /// The blocks at these places as slices, from the first on, as far as there are windows for them; and the parts of files that are asked for
  /// so often that they should have one, each once.
  func slices(_ places: [Place], now: ContinuousClock.Instant) -> (slices: [ByteBuffer], wanted: [MappedWindow.Key]) {
    state.withLock { state in
      var slices: [ByteBuffer] = []
      slices.reserveCapacity(places.count)
      for place in places {
        guard let slice = state.slice(place, now) else { break }
        slices.append(slice)
      }
      let wanted = places.dropFirst(slices.count).compactMap { state.warm($0.window, Self.warm) }
      if state.heat.count > Self.mostHeat { state.heat.removeAll() }
      return (slices, wanted)
    }
  }

  /// Takes the memory for a window; false where there is none to be had.
  func reserve(_ bytes: Int, now: ContinuousClock.Instant) -> Bool {
    if count < Self.mostWindows, budget.take(bytes) { return true }
    drop(unusedFor: Self.settledFor, now: now)
    return count < Self.mostWindows && budget.take(bytes)
  }

  /// A window that was wanted is there.
  func insert(_ window: MappedWindow, for key: MappedWindow.Key) {
    // What leaves is let go after the lock, since that may unmap it.
    let former = state.withLock { $0.windows.updateValue(window, forKey: key) }
    _ = former
  }

  /// The file of a window that is held.
  func file(_ key: DescriptorCache.Key) -> OpenFile? { state.withLock { $0.windows.first { $0.key.file == key }?.value.file } }

  /// The files, by index, that a reader has windows of.
  func files(of reader: UInt64) -> Set<Int> {
    state.withLock { Set($0.windows.keys.lazy.filter { $0.file.reader == reader }.map(\.file.file)) }
  }

  /// Lets go of a file's windows. Slices that a link has still hold theirs.
  func remove(_ file: DescriptorCache.Key) { drop { key, _ in key.file == file } }

  /// Lets go of everything of a reader's.
  func removeAll(of reader: UInt64) { drop { key, _ in key.file.reader == reader } }

  /// Now and then: lets go of what nobody asks for any more, and gives what could not be mapped another chance.
  package func sweep(now: ContinuousClock.Instant) {
    let isDue = state.withLock { state in
      guard now >= state.nextSweep else { return false }
      state.nextSweep = now + Self.sweepPause
      state.settled.removeAll()
      return true
    }
    if isDue { drop(unusedFor: Self.idle, now: now) }
  }

  private func drop(unusedFor pause: Duration, now: ContinuousClock.Instant) { drop { now - $1.lastUse > pause } }

  private func drop(_ isGone: (MappedWindow.Key, MappedWindow) -> Bool) {
    let leaving = state.withLock { state in
      let gone = state.windows.filter { isGone($0.key, $0.value) }
      for key in gone.keys { state.windows[key] = nil }
      return gone
    }
    _ = leaving
  }
}

extension WindowCache.State {
  fileprivate mutating func slice(_ place: WindowCache.Place, _ now: ContinuousClock.Instant) -> ByteBuffer? {
    // A broken lease is given back once nobody shows the window any more; until then its bytes stay what they were. New slices would keep
    // the writer waiting.
    guard let window = windows[place.window], window.file.isLeased else { return nil }
    if window.lastUse != now { windows[place.window]?.lastUse = now }
    return window.bytes.getSlice(at: place.offset, length: place.length)
  }

  /// Counts a question; the key where that makes it warm.
  fileprivate mutating func warm(_ key: MappedWindow.Key, _ enough: Int) -> MappedWindow.Key? {
    guard windows[key] == nil, !settled.contains(key) else { return nil }
    heat[key, default: 0] += 1
    guard heat[key, default: 0] >= enough else { return nil }
    heat[key] = nil
    settled.insert(key)
    return key
  }
}
