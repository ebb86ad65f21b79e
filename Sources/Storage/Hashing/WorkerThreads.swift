import Glibc

/// Threads of their own for work that keeps cores and disks busy for long; Swift's cooperative pool is not for that.
enum WorkerThreads {
  /// Runs the body once on each of `count` threads, the caller's among them, and comes back when all are done.
  ///
  /// Where the system gives fewer threads, fewer run: the bodies share out work, and one of them can do it all.
  static func run(count: Int, _ body: @escaping @Sendable () -> Void) {
    let threads = (1..<max(2, count + 1)).dropLast().compactMap { _ in start(body) }
    body()
    for thread in threads { pthread_join(thread, nil) }
  }

  private final class Start {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private static func start(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
    let argument = Unmanaged.passRetained(Start(body))
    var thread = pthread_t()
    let failed = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, argument.toOpaque())
    guard failed == 0 else {
      argument.release()
      return nil
    }
    return thread
  }
}
