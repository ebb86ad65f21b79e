import Glibc
import Synchronization

/// How much memory may be locked for windows, and how much is.
package final class WindowBudget: Sendable {
  /// The most bytes that are locked.
  package let limit: Int
  private let taken = Atomic(0)

  /// - Parameter limit: bytes; nil for a quarter of the memory that the process may have, within its RLIMIT_MEMLOCK.
  package init(limit: Int?) {
    self.limit = max(0, min(limit ?? Self.memory / 4, Self.lockable))
  }

  /// Bytes that are locked now.
  package var used: Int { taken.load(ordering: .relaxed) }

  /// Takes so many bytes; false where there are not so many left.
  func take(_ bytes: Int) -> Bool {
    guard taken.add(bytes, ordering: .relaxed).newValue > limit else { return true }
    giveBack(bytes)
    return false
  }

  func giveBack(_ bytes: Int) { taken.subtract(bytes, ordering: .relaxed) }

  /// What the process may lock; whoever has CAP_IPC_LOCK, as root has, is not held to the limit.
  private static var lockable: Int {
    var limits = rlimit()
    let kind = __rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue)
    guard geteuid() != 0, getrlimit(kind, &limits) == 0 else { return .max }
    limits.rlim_cur = limits.rlim_max
    _ = setrlimit(kind, &limits)
    // Something is left for others in the process that lock memory.
    return Int(clamping: limits.rlim_cur) / 4 * 3
  }

  /// The machine's memory, or what the process's control group has of it.
  private static var memory: Int {
    let machine = max(0, sysconf(Int32(_SC_PHYS_PAGES))) * max(0, sysconf(Int32(_SC_PAGESIZE)))
    return min(machine, ControlGroup.memoryLimit ?? machine)
  }
}

/// What the kernel lets a group of processes have (cgroup v2).
enum ControlGroup {
  private static let root = "/sys/fs/cgroup"

  /// The smallest limit of the process's group and those above it; nil where there is none.
  static var memoryLimit: Int? {
    guard let line = text("/proc/self/cgroup")?.split(separator: "\n").first(where: { $0.hasPrefix("0::") }) else { return nil }
    var path = String(line.dropFirst(3))
    var limits: [Int] = []
    while true {
      if let limit = text(root + path + "/memory.max").flatMap({ Int($0.prefix { $0.isNumber }) }) { limits.append(limit) }
      guard let slash = path.lastIndex(of: "/"), path.count > 1 else { return limits.min() }
      path = String(path[..<slash])
    }
  }

  private static func text(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = read(descriptor, &bytes, bytes.count)
    return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
  }
}
