import ArgumentParser
import Foundation
import Metainfo
import OpenSSL
import Storage

struct HashBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hash", abstract: "Throughput of hashing for publish, beside one thread that does nothing but digest.")

  @OptionGroup var options: BenchOptions
  @Option(help: "MiB that are hashed, unless --file is given.") var mebibytes = 1024
  @Option(help: "A file of your own to hash.") var file: String?
  @Option(help: "Hashing threads (default: one a core).") var threads = ProcessInfo.processInfo.activeProcessorCount

  mutating func validate() throws {
    guard (1...65_536).contains(mebibytes), (1...256).contains(threads) else {
      throw ValidationError("--mebibytes is from 1 to 65536, --threads from 1 to 256")
    }
  }

  func run() throws {
    let scratch = try Scratch()
    let path = try file ?? scratch.makePayload("payload", mebibytes: mebibytes)
    let scan = try ArtifactScan.scan(path: path)
    let bytes = scan.torrentFiles.reduce(0) { $0 + $1.length }
    let baseline = DigestLoop(path: path)
    try Comparison(
      title: "hash \(bytes >> 20) MiB with \(threads) threads", unit: "MB/s", decimals: 0,
      variants: [
        .init(name: "SHA-1, one thread, OpenSSL in a loop") { try rate(bytes) { try baseline.run(sha256: false) } },
        .init(name: "SHA-1 and SHA-256 likewise") { try rate(bytes) { try baseline.run(sha256: true) } },
        .init(name: "publish --v1") { try rate(bytes) { try hash(scan, .v1) } },
        .init(name: "publish --hybrid") { try rate(bytes) { try hash(scan, .hybrid) } },
        .init(name: "publish --v2") { try rate(bytes) { try hash(scan, .v2) } },
      ]
    ).run(rounds: options.rounds)
  }

  private func rate(_ bytes: Int64, _ work: () throws -> Void) rethrows -> Double { Double(bytes) / 1e6 / (try Cost.of(work).wall) }

  private func hash(_ scan: ScannedArtifact, _ version: TorrentVersion) throws {
    let blueprint = try TorrentBlueprint(
      name: scan.name, isSingleFile: scan.isSingleFile, files: scan.torrentFiles, pieceLength: nil, version: version)
    consume(try ArtifactHasher.hash(blueprint: blueprint, scan: scan, threads: threads))
  }
}

/// Reads a file in chunks and digests them, on the caller's thread.
private struct DigestLoop {
  private static let chunk = 256 << 10
  let path: String

  func run(sha256: Bool) throws {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw ValidationError("\(path): cannot be opened") }
    defer { close(descriptor) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunk, alignment: 4096)
    defer { buffer.deallocate() }
    var one = SHA1Hasher()
    var two = SHA256Hasher()
    while true {
      let count = read(descriptor, buffer.baseAddress, buffer.count)
      guard count > 0 else { break }
      one.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      if sha256 { two.update(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
    }
    consume(one.finish() + two.finish())
  }
}
