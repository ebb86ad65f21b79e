import Foundation

/// How long each thread of a process has run, in nanoseconds.
struct ThreadTimes {
  private var times: [String: Double] = [:]

  init(of pid: Int32) {
    let tasks = "/proc/\(pid)/task"
    for task in (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? [] {
      let text = (try? String(contentsOfFile: "\(tasks)/\(task)/schedstat", encoding: .utf8)) ?? ""
      times[task] = text.split(separator: " ").first.flatMap { Double($0) } ?? 0
    }
  }

  /// The part that the busiest thread has had of what all have run since then.
  func busiest(since before: ThreadTimes) -> Double {
    let spent = times.map { $1 - (before.times[$0] ?? 0) }
    let all = spent.reduce(0, +)
    return all > 0 ? (spent.max() ?? 0) / all : 0
  }

  /// What all threads have run since then; one that has ended since is not seen.
  func total(since before: ThreadTimes) -> Double {
    times.reduce(0) { $0 + $1.value - (before.times[$1.key] ?? 0) }
  }
}
