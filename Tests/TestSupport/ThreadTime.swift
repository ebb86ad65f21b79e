import Glibc

/// The processor time of a thread: how much work something is, however busy the machine is.
package enum ThreadTime {
  /// What the body takes of the thread that calls it. What it has others do is not counted.
  package static func measure(_ body: () throws -> Void) rethrows -> Duration {
    let begin = now
    try body()
    return now - begin
  }

  private static var now: Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}
