import ArgumentParser
import Foundation
import Metainfo
import Synchronization

/// A node, or another seeder, that was started just now, and what its start took.
final class StartedNode {
  private let process = Process()
  private let began: ContinuousClock.Instant
  private let port: Int

  /// How long one waits that was not answered: who is not ready is not to be kept busy with answers.
  private static let pause: UInt32 = 2_000

  convenience init(granary: String, configuration: String, port: Int) throws {
    try self.init([granary, "run", "--config", configuration], port: port)
  }

  /// Starts a program, by its path, that listens on this port sooner or later.
  init(_ command: [String], port: Int) throws {
    self.port = port
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst())
    process.standardError = FileHandle.nullDevice
    began = .now
    try process.run()
  }

  /// Seconds since the start.
  var elapsed: Double { (ContinuousClock.now - began) / .seconds(1) }

  /// Waits until the node answers for the artifact; the seconds from exec to there.
  func firstAnswer(_ infoHash: SHA1Digest) throws -> Double {
    try wait { probe in probe.isSeeded(infoHash) }
  }

  /// Waits until the node hands out a block of the artifact.
  func firstBlock(_ infoHash: SHA1Digest) throws -> Double {
    try wait { probe in probe.canFetch(infoHash, length: SmallArtifacts.size) }
  }

  /// Waits until every one of the artifacts has been asked for and answered for, a few at a time.
  func allAnswered(_ infoHashes: [SHA1Digest]) throws -> Double {
    _ = try firstAnswer(infoHashes[0])
    let failed = Atomic<Int>(0)
    let port = port
    DispatchQueue.concurrentPerform(iterations: 16) { lane in
      for index in stride(from: lane, to: infoHashes.count, by: 16) {
        if !Self.isAnswered(port, infoHashes[index]) { failed.add(1, ordering: .relaxed) }
      }
    }
    guard failed.load(ordering: .relaxed) == 0 else { throw ValidationError("\(failed.load(ordering: .relaxed)) artifacts are not served") }
    return elapsed
  }

  private static func isAnswered(_ port: Int, _ infoHash: SHA1Digest) -> Bool {
    guard let probe = Probe(port: port) else { return false }
    return probe.isSeeded(infoHash)
  }

  /// Resident memory now, in MiB.
  var memory: Double {
    let status = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    return (line?.split(separator: " ").compactMap { Double($0) }.first ?? 0) / 1024
  }

  /// Seconds of a processor that it takes in a second in which nobody asks it anything, looked at for so many seconds.
  func idleLoad(over seconds: UInt32) -> Double {
    let before = processorTime
    sleep(seconds)
    return (processorTime - before) / Double(seconds)
  }

  /// Of all its threads, in seconds.
  private var processorTime: Double {
    let folder = "/proc/\(process.processIdentifier)/task"
    let threads = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return threads.reduce(0) { sum, thread in
      let text = (try? String(contentsOfFile: "\(folder)/\(thread)/schedstat", encoding: .utf8)) ?? ""
      return sum + (text.split(separator: " ").first.flatMap { Double($0) } ?? 0) / 1e9
    }
  }

  /// Ends the node; seconds that it took.
  func stop() -> Double {
    let asked = ContinuousClock.now
    process.terminate()
    process.waitUntilExit()
    return (ContinuousClock.now - asked) / .seconds(1)
  }

  private func wait(_ isAnswered: (borrowing Probe) -> Bool) throws -> Double {
    while process.isRunning, elapsed < 60 {
      if let probe = Probe(port: port), isAnswered(probe) { return elapsed }
      usleep(Self.pause)
    }
    throw ValidationError("the node did not answer")
  }
}
