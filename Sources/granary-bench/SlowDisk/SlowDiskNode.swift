import ArgumentParser
import Foundation

/// A node that serves two files, with the shim before it.
struct SlowDiskNode {
  let port: Int
  let torrents: [String]
  private let process: Process

  init(granary: String, below folder: String, files: [String], shim: String) throws {
    port = 20_000 + Int.random(in: 0..<10_000)
    let configuration = folder + "/granary.yaml"
    let roots = files.map { "\"" + URL(fileURLWithPath: $0).deletingLastPathComponent().path + "\"" }.joined(separator: ", ")
    let text = """
      node: { state: "\(folder)/state" }
      listen: [{ address: "127.0.0.1:\(port)" }]
      artifacts: { roots: [\(roots)] }
      # The shim slows reads; mapped windows would go round it.
      limits: { per-address: 4000, handshakes: 2000, locked-memory: 0 }
      pipeline:
        - allowlist: { addresses: [127.0.0.0/8] }
        - gate: { on_request: [{}] }

      """
    try Data(text.utf8).write(to: URL(fileURLWithPath: configuration))
    torrents = files.map { folder + "/" + URL(fileURLWithPath: $0).lastPathComponent + ".torrent" }
    for (file, torrent) in zip(files, torrents) {
      let publish = try Self.start(
        granary, ["publish", file, "--v1", "--piece-length", "1MiB", "--output", torrent, "--config", configuration])
      publish.waitUntilExit()
      guard publish.terminationStatus == 0 else { throw ValidationError("\(file) could not be published") }
    }
    process = try Self.start(granary, ["run", "--config", configuration], environment: ["LD_PRELOAD": shim])
    try waitUntilReady(granary, configuration)
  }

  func stop() {
    process.terminate()
    process.waitUntilExit()
  }

  private func waitUntilReady(_ granary: String, _ configuration: String) throws {
    for _ in 0..<300 where process.isRunning {
      let status = try Self.start(granary, ["status", "--config", configuration])
      status.waitUntilExit()
      if status.terminationStatus == 0 { return }
      Thread.sleep(forTimeInterval: 0.1)
    }
    throw ValidationError("the node did not start")
  }

  private static func start(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    try process.run()
    return process
  }
}
