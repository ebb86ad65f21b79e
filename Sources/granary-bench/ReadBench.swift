import ArgumentParser
import Glibc
import Metainfo
import NIOCore
import PeerProtocol
import Storage

struct ReadBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "read", abstract: "CPU for reading random blocks from the page cache, beside a bare pread loop.")

  private static let pieceLength = 1 << 20

  @OptionGroup var options: BenchOptions
  @Option(help: "MiB of the file that is read.") var mebibytes = 256
  @Option(help: "Blocks in a batch.") var batch = 64

  mutating func validate() throws {
    guard (1...65_536).contains(mebibytes), (1...512).contains(batch) else {
      throw ValidationError("--mebibytes is from 1 to 65536, --batch from 1 to 512")
    }
  }

  func run() throws {
    let scratch = try Scratch()
    let file = try scratch.makePayload("payload", mebibytes: mebibytes)
    let layout = PieceLayout(
      files: [TorrentFile(path: ["payload"], length: Int64(mebibytes) << 20)], pieceLength: Self.pieceLength, isFileAligned: false)
    let blocks = RandomBlocks.make(mebibytes * 64, in: layout)
    let reader = ArtifactReader(
      layout: layout, root: scratch.path, paths: [["payload"]], identities: [nil], cache: DescriptorCache(capacity: 8))
    let descriptor = open(file, O_RDONLY)
    defer { close(descriptor) }
    var buffer = ByteBufferAllocator().buffer(capacity: batch * (Block.standardLength + PeerMessageEncoder.pieceHeaderLength))
    try Comparison(
      title: "read random blocks in batches of \(batch)", unit: "CPU s/GiB", decimals: 3,
      variants: [
        .init(name: "pread loop") { perGiB { bare(blocks, descriptor, &buffer) } },
        .init(name: "ArtifactReader") { try perGiB { try read(blocks, reader, &buffer) } },
      ]
    ).run(rounds: options.rounds)
  }

  private func perGiB(_ work: () throws -> Void) rethrows -> Double { try Cost.of(work).cpu * 1024 / Double(mebibytes) }

  /// One pread a block, its header before it, as many in the buffer as in a batch.
  private func bare(_ blocks: [Block], _ descriptor: Int32, _ buffer: inout ByteBuffer) {
    for first in stride(from: 0, to: blocks.count, by: batch) {
      buffer.clear()
      for block in blocks[first..<min(first + batch, blocks.count)] {
        let length = Int(block.length)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: PeerMessageEncoder.pieceHeaderLength + length) { space in
          PeerMessageEncoder.writePieceHeader(block, into: space)
          let target = space.baseAddress?.advanced(by: PeerMessageEncoder.pieceHeaderLength)
          let offset = Int(block.piece) * Self.pieceLength + Int(block.offset)
          return PeerMessageEncoder.pieceHeaderLength + max(0, pread(descriptor, target, length, offset))
        }
      }
      consume(buffer.readableBytes)
    }
  }

  private func read(_ blocks: [Block], _ reader: ArtifactReader, _ buffer: inout ByteBuffer) throws {
    for first in stride(from: 0, to: blocks.count, by: batch) {
      buffer.clear()
      let result = reader.append(
        blocks[first..<min(first + batch, blocks.count)], to: &buffer, prefixLength: PeerMessageEncoder.pieceHeaderLength,
        writePrefix: PeerMessageEncoder.writePieceHeader, waiting: true)
      guard result == .complete else { throw ValidationError("reading failed: \(result)") }
      consume(buffer.readableBytes)
    }
  }
}
