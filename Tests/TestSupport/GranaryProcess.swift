import Foundation

/// A running node that was ready when this was made.
package struct GranaryProcess: Sendable {
  /// Where its files are.
  package let host: GranaryHost
  /// The process.
  package let process: RunningProcess
  /// What it said of itself when it was ready.
  package let status: GranaryStatus

  /// Its process id.
  package var pid: Int32 { status.pid }
  /// The port of its first listener.
  package var port: Int { status.listeners.first?.port ?? 0 }

  /// Where peers dial it: `ADDRESS:PORT`, of the first listener or the one with this address.
  package func endpoint(_ address: String? = nil) -> String {
    let listener = status.listeners.first { address == nil || $0.address == address }
    let host = listener?.address ?? "nowhere"
    return (host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host) + ":\(listener?.port ?? 0)"
  }

  /// Bytes that it has read so far, from files and sockets (`rchar` of `/proc/PID/io`).
  package func bytesRead() throws -> Int {
    let text = try String(contentsOfFile: "/proc/\(pid)/io", encoding: .utf8)
    let line = text.split(separator: "\n").first { $0.hasPrefix("rchar: ") }
    return line.flatMap { Int($0.dropFirst("rchar: ".count)) } ?? 0
  }

  /// Sends TERM, which it must obey with exit code 0.
  package func terminate() async throws { try await process.terminate() }
}
