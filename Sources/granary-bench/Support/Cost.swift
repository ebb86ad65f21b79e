import Glibc

/// What a piece of work took.
struct Cost {
  /// Elapsed seconds.
  let wall: Double
  /// Seconds of this process on all cores.
  let cpu: Double

  /// Runs the work and measures it.
  static func of(_ work: () throws -> Void) rethrows -> Cost {
    let (wall, cpu) = (seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID))
    try work()
    return Cost(wall: seconds(CLOCK_MONOTONIC) - wall, cpu: seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu)
  }

  private static func seconds(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// Keeps a value from being optimized away.
@inline(never)
func consume<Value>(_ value: Value) {
  withExtendedLifetime(value) {}
}
