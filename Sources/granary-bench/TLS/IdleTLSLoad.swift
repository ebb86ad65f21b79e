import ArgumentParser
import Foundation

/// Peers with certificates that shake hands with a seeder and then stay, saying nothing.
struct IdleTLSLoad {
  let rig: TLSRig
  let count: Int
  /// Peers that connect a second; 0 for as fast as they can.
  let rate: Int
  /// Seconds that they stay.
  var stay = 2

  func run(_ seeder: TLSSeeder) throws -> IdleRun {
    let process = try start(seeder, output: Pipe())
    guard let pipe = process.standardOutput as? Pipe else { throw CocoaError(.fileReadUnknown) }
    let text = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let run = try JSONDecoder().decode(IdleRun.self, from: text)
    guard run.peers == count else { throw ValidationError("only \(run.peers) of \(count) peers could shake hands") }
    return run
  }

  /// Starts them; the run is what they say at their end.
  func start(_ seeder: TLSSeeder, output: Any? = nil) throws -> Process {
    let arguments = [
      "--port", "\(seeder.port)", "--torrent", rig.torrent, "--conns", "0", "--idle", "\(count)", "--connect-rate", "\(rate)",
      "--settle", "\(stay)", "--src", "127.\(Int.random(in: 16..<240)).0.1", "--pid", "\(seeder.process.processIdentifier)",
    ]
    return try ChildProcess.start([rig.bin + "/wireleech"] + arguments + rig.leech, output: output, errors: FileHandle.standardError)
  }
}
