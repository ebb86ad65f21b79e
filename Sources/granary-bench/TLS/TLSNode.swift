import ArgumentParser
import Foundation

/// A node of ours that serves the rig's SSL torrent to whoever has a certificate of its CA.
struct TLSNode {
  let process: Process
  let port: Int

  /// Starts it in a new state folder and waits until it serves.
  init(_ rig: TLSRig, below folder: String) throws {
    guard FileManager.default.isExecutableFile(atPath: rig.program) else {
      throw ValidationError("\(rig.program) is no program; build it with: swift build -c release --product granary")
    }
    port = TLSSeeder.freePort()
    let configuration = folder + "/granary.yaml"
    let text = """
      node: { state: "\(folder)/granary" }
      listen: [{ address: "127.0.0.1:\(port)", tls: ssl-torrent }]
      artifacts: { roots: ["\(rig.payload)"] }
      limits: { connections: 20000, per-address: 4000, handshakes: 4000 }
      tls:
        ssl-torrent:
          - { artifacts: ["*"], certificate: "\(rig.certificate)", key: "\(rig.key)" }
      pipeline:
        - allowlist: { addresses: [127.0.0.0/8] }
        - gate: { on_request: [{}] }
        - metadata

      """
    try Data(text.utf8).write(to: URL(fileURLWithPath: configuration))
    try ChildProcess.run([rig.program, "add", rig.torrent, "--data", rig.payload, "--config", configuration])
    process = try Self.start(rig.program, configuration)
  }

  /// Starts a node and waits until it says that it runs.
  static func start(_ granary: String, _ configuration: String) throws -> Process {
    let log = configuration + ".log"
    let process = try ChildProcess.start([granary, "run", "--config", configuration], errors: ChildProcess.log(log))
    do {
      try ChildProcess.wait(for: process, "the node (\(log))") {
        let status = try ChildProcess.start([granary, "status", "--config", configuration])
        status.waitUntilExit()
        return status.terminationStatus == 0
      }
    } catch {
      ChildProcess.stop(process)
      FileHandle.standardError.write((try? Data(contentsOf: URL(fileURLWithPath: log))) ?? Data())
      throw error
    }
    return process
  }
}
