#if canImport(Glibc)
  import Glibc
#endif

/// A moment of civil time, as policy and journal use it: nanoseconds since 1970-01-01T00:00:00Z.
public struct WallTime: Hashable, Comparable, Sendable {
  /// Nanoseconds since 1970.
  public let nanoseconds: Int64

  public init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  /// Now, by the system's clock.
  public static var now: WallTime {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return WallTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }

  /// Whole seconds since 1970.
  public var seconds: Int64 { nanoseconds / 1_000_000_000 }

  public static func < (one: WallTime, other: WallTime) -> Bool { one.nanoseconds < other.nanoseconds }
}
