import DequeModule
import NIOPosix
import Synchronization

/// The threads that wait for disks, shared so that a slow disk, or one that hangs, leaves threads to the others.
///
/// Work comes in lanes, one a device. A lane may have half of the threads, and the last eighth of them is for lanes that have none: of 16 a
/// slow device alone has 8, another 6 beside it, and two more have one each. What a lane may not start waits in its own queue, in order.
final class DiskThreads: Sendable {
  typealias Job = @Sendable (NIOThreadPool.WorkItemState) -> Void
  /// A device's number.
  typealias Lane = UInt64

  private let pool: NIOThreadPool
  private let state: Mutex<DiskLanes<Job>>

  /// - Parameter threads: how many the pool has.
  init(pool: NIOThreadPool, threads: Int) {
    self.pool = pool
    state = Mutex(DiskLanes(threads: threads))
  }

  /// Runs the job on one of the threads, when it is the lane's turn.
  func submit(_ lane: Lane, _ job: @escaping Job) {
    guard state.withLock({ $0.begin(lane, job) }) else { return }
    start(lane, job)
  }

  private func start(_ lane: Lane, _ job: @escaping Job) {
    pool.submit { [self] submission in
      job(submission)
      let next = state.withLock { $0.end(lane) }
      guard submission == .active else { return cancel(next) }
      for next in next { start(next.lane, next.job) }
    }
  }

  /// The pool is shut down, and would run each job where it is submitted, within the one before it: they are ended one after the other.
  private func cancel(_ jobs: [(lane: Lane, job: Job)]) {
    var jobs = Deque(jobs)
    while let next = jobs.popFirst() {
      next.job(.cancelled)
      jobs += state.withLock { $0.end(next.lane) }
    }
  }
}

/// Which lane may have how many threads. A value without threads.
struct DiskLanes<Job> {
  typealias Lane = UInt64

  private struct State {
    var running = 0
    var waiting: Deque<Job> = []
  }

  private let threads: Int
  private var running = 0
  private var lanes: [Lane: State] = [:]

  init(threads: Int) { self.threads = max(1, threads) }

  /// True where the job may start now; else it waits.
  mutating func begin(_ lane: Lane, _ job: Job) -> Bool {
    guard mayStart(lane) else {
      lanes[lane, default: State()].waiting.append(job)
      return false
    }
    count(lane)
    return true
  }

  /// A job of the lane is done; those that may start now.
  mutating func end(_ lane: Lane) -> [(lane: Lane, job: Job)] {
    running -= 1
    lanes[lane]?.running -= 1
    if let state = lanes[lane], state.running == 0, state.waiting.isEmpty { lanes[lane] = nil }
    var next: [(lane: Lane, job: Job)] = []
    // The lane that has the fewest threads goes first.
    while let lane = lanes.filter({ !$0.value.waiting.isEmpty && mayStart($0.key) }).min(by: { $0.value.running < $1.value.running })?.key,
      let job = lanes[lane]?.waiting.popFirst()
    {
      count(lane)
      next.append((lane, job))
    }
    return next
  }

  private mutating func count(_ lane: Lane) {
    running += 1
    lanes[lane, default: State()].running += 1
  }

  private func mayStart(_ lane: Lane) -> Bool {
    let own = lanes[lane]?.running ?? 0
    guard running < threads, own > 0 else { return running < threads }
    return own < threads / 2 && running < threads - max(1, threads / 8)
  }
}
