import ArgumentParser
import Foundation
import Metainfo
import NIOCore

/// A tracker that was started to be measured, with one artifact that it knows.
struct MeasuredTracker {
  let port: Int
  let infoHash: SHA1Digest
  private let process: Process

  var pid: Int32 { process.processIdentifier }

  func stop() { ChildProcess.stop(process) }

  /// Debian's, which keeps a whitelist and does not run as root.
  static func opentracker(_ program: String, below folder: String) throws -> MeasuredTracker {
    let (port, infoHash) = (TLSSeeder.freePort(), SHA1Digest.hash(of: Array("measured".utf8)))
    let own = folder + "/opentracker"
    try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
    for path in [folder, own] { try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path) }
    try Data("\(infoHash)\n".utf8).write(to: URL(fileURLWithPath: own + "/whitelist"))
    let user = geteuid() == 0 ? ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"] : []
    let place = ["-i", "127.0.0.1", "-p", "\(port)", "-P", "\(port)", "-d", own, "-w", "whitelist"]
    let tracker = MeasuredTracker(port: port, infoHash: infoHash, process: try ChildProcess.start(user + [program] + place))
    try tracker.awaitAnswer()
    return tracker
  }

  /// The node's own, asked by peers whom an allowlist and a gate let in.
  static func granary(_ program: String, below folder: String) throws -> MeasuredTracker {
    let own = folder + "/granary"
    try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
    let (port, configuration) = (TLSSeeder.freePort(), own + "/granary.yaml")
    let text = """
      node: { state: "\(own)/state" }
      listen: [{ address: "127.0.0.1:\(TLSSeeder.freePort())" }]
      artifacts: { roots: ["\(own)"] }
      tracker: { listen: [{ address: "127.0.0.1:\(port)", protocol: http }], max-peers: 200000 }
      pipeline:
        - allowlist: { addresses: [127.0.0.0/8] }
        - gate: { on_request: [{ artifacts: ["open*"] }] }
        - metadata

      """
    try Data(text.utf8).write(to: URL(fileURLWithPath: configuration))
    let hash = try RefusingNode.publish(program, own, configuration, "open")
    guard let infoHash = SHA1Digest(hex: hash) else { throw ValidationError("'\(hash)' is no info-hash") }
    let process = try ChildProcess.start([program, "run", "--config", configuration])
    let tracker = MeasuredTracker(port: port, infoHash: infoHash, process: process)
    try tracker.awaitAnswer()
    return tracker
  }

  /// Seconds of CPU that it has had.
  var cpu: Double {
    let text = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
    // The name, which may hold anything, is in parentheses.
    let fields = text.split(separator: ")").last?.split(separator: " ").map(String.init) ?? []
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// Bytes of memory that it has now.
  var memory: Int {
    let text = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
  }

  private func awaitAnswer() throws {
    try ChildProcess.wait(for: process, "a tracker") {
      let result = try? AnnounceLoad(self, connections: 1, peers: 1).run(for: .milliseconds(50))
      return (result?.latencies.count ?? 0) > 0
    }
  }
}
