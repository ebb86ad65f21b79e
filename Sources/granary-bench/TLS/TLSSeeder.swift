import ArgumentParser
import Foundation

/// A seeder of the rig's SSL torrent: the node, libtorrent, or as little as OpenSSL needs.
struct TLSSeeder {
  enum Kind: String, CaseIterable, ExpressibleByArgument {
    case bare, libtorrent, granary
  }

  let process: Process
  let port: Int

  /// Starts one that has never served, and waits until it serves. `bare` is that program, compiled.
  init(_ kind: Kind, _ rig: TLSRig, bare: CompiledProgram?, below folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    switch kind {
    case .granary:
      let node = try TLSNode(rig, below: folder)
      (process, port) = (node.process, node.port)
    case .libtorrent:
      port = Self.freePort()
      process = try Self.libtorrent(rig, port, log: folder + "/log")
    case .bare:
      port = Self.freePort()
      process = try ChildProcess.start(
        [bare?.path ?? "", "\(port)", rig.certificate, rig.key, rig.authority, "\(try rig.pieceCount())"],
        errors: FileHandle.standardError)
      Thread.sleep(forTimeInterval: 0.5)
      guard process.isRunning else { throw ValidationError("the bare loop did not start") }
    }
  }

  func stop() { ChildProcess.stop(process) }

  private static func libtorrent(_ rig: TLSRig, _ port: Int, log: String) throws -> Process {
    let process = try ChildProcess.start(
      [
        rig.bin + "/lt_seed", "--port", "\(port)", "--data", rig.payload, "--profile", "hiperf", "--ssl",
        "\(rig.certificate),\(rig.key),\(rig.data)/pki/dh.pem", rig.torrent,
      ], output: ChildProcess.log(log), errors: FileHandle.standardError)
    try ChildProcess.wait(for: process, "libtorrent") { try String(contentsOfFile: log, encoding: .utf8).contains("SEEDING") }
    return process
  }

  static func freePort() -> Int { 20_000 + Int.random(in: 0..<10_000) }
}
