import ArgumentParser
import Foundation
import Metainfo

/// What the rig's load generator says of a run with idle peers.
struct IdleRun: Decodable {
  private struct Idle: Decodable {
    let handshaked: Int
    let secs: Double
    let anonymous: Double?
    let cpu: Double?

    private enum CodingKeys: String, CodingKey {
      case handshaked, secs
      case anonymous = "anon_bytes_per_peer"
      case cpu = "cpu_ms_per_peer"
    }
  }
  private let idle: Idle

  /// Peers that have shaken hands.
  var peers: Int { idle.handshaked }
  /// Bytes of anonymous memory for each.
  var memory: Double { idle.anonymous ?? .nan }
  /// Milliseconds of the seeder's CPU for each.
  var cpu: Double { idle.cpu ?? .nan }
  /// Seconds until all had shaken hands.
  var seconds: Double { idle.secs }
}

/// Starts a seeder, lets idle peers come, and measures it.
struct IdleLoad {
  let bin: String
  let torrent: String
  let count: Int
  let rate: Int

  func run(_ command: [String], _ port: Int, _ state: String) throws -> IdleRun {
    let seeder = try start(command)
    // Not TERM: what is started from a thread of Swift's pool has that blocked, and libtorrent never hears it.
    defer {
      kill(seeder.processIdentifier, SIGKILL)
      seeder.waitUntilExit()
    }
    try waitUntilReady(port, state)
    let leech = try start(
      [
        bin + "/wireleech", "--port", "\(port)", "--torrent", torrent, "--ext", "--fast", "--conns", "0", "--idle", "\(count)",
        "--connect-rate", "\(rate)", "--settle", "3", "--src", "127.\(Int.random(in: 16..<240)).0.1", "--pid",
        "\(seeder.processIdentifier)",
      ], output: state + "/idle.json")
    leech.waitUntilExit()
    let run = try JSONDecoder().decode(IdleRun.self, from: Data(contentsOf: URL(fileURLWithPath: state + "/idle.json")))
    guard run.peers == count else { throw ValidationError("only \(run.peers) of \(count) peers could shake hands with \(command[0])") }
    return run
  }

  /// Waits until the seeder announces all pieces.
  private func waitUntilReady(_ port: Int, _ state: String) throws {
    let decoded = try Torrent.decode(Array(Data(contentsOf: URL(fileURLWithPath: torrent)))).torrent
    guard let hash = decoded.infoHash.v1 else { throw ValidationError("\(torrent) is no v1 torrent") }
    try Data("\(hash) \(decoded.layout.pieceCount)\n".utf8).write(to: URL(fileURLWithPath: state + "/probe.list"))
    let probe = try start(
      [bin + "/wireprobe", "--list", state + "/probe.list", "--port", "\(port)", "--t0", "0", "--timeout", "60"],
      output: state + "/probe.json")
    probe.waitUntilExit()
    guard probe.terminationStatus == 0 else { throw ValidationError("the seeder did not become ready: \(state)/probe.json") }
  }

  private func start(_ command: [String], output: String? = nil) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst())
    if let output {
      guard FileManager.default.createFile(atPath: output, contents: nil) else { throw CocoaError(.fileWriteUnknown) }
      process.standardOutput = FileHandle(forWritingAtPath: output)
    } else {
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
    }
    try process.run()
    return process
  }
}
