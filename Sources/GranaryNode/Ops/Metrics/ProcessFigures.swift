import Foundation
import Glibc

/// What the kernel says of this process: the metrics that every exporter has.
struct ProcessFigures: Sendable {
  var cpuSeconds = 0.0
  var residentBytes: Int64 = 0
  var virtualBytes: Int64 = 0
  var threads: Int64 = 0
  /// Seconds since 1970.
  var startedAt = 0.0
  var openFiles: Int64 = 0
  var mostOpenFiles: Int64 = 0

  static func read() -> ProcessFigures {
    var figures = ProcessFigures()
    if let stat = text("/proc/self/stat") { figures.take(stat: stat) }
    figures.openFiles = Int64((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0)
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 { figures.mostOpenFiles = Int64(clamping: limit.rlim_cur) }
    return figures
  }

  /// `/proc/PID/stat`: the program's name, which may hold anything, ends with the last parenthesis.
  private mutating func take(stat: String) {
    guard let end = stat.lastIndex(of: ")") else { return }
    // From field 3 on.
    let fields = stat[stat.index(after: end)...].split(separator: " ").map { Double($0) ?? 0 }
    guard fields.count > 21 else { return }
    let ticks = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    cpuSeconds = (fields[11] + fields[12]) / ticks
    threads = Int64(fields[17])
    virtualBytes = Int64(fields[20])
    residentBytes = Int64(fields[21]) * Int64(sysconf(Int32(_SC_PAGESIZE)))
    startedAt = Self.bootedAt + fields[19] / ticks
  }

  private static let bootedAt: Double = {
    let line = text("/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }
    return line.flatMap { Double($0.dropFirst("btime ".count)) } ?? 0
  }()

  private static func text(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }
}
