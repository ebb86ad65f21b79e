import ArgumentParser
import Glibc
import Metainfo
import NIOCore
import PeerProtocol

struct DecodeBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode", abstract: "Nanoseconds for each request message, beside copying its bytes.")

  private static let messages = 100_000
  private static let length = 17

  @OptionGroup var options: BenchOptions

  func run() throws {
    let wire = encoded()
    let target = UnsafeMutableRawBufferPointer.allocate(byteCount: wire.readableBytes, alignment: 16)
    defer { target.deallocate() }
    try Comparison(
      title: "decode a request", unit: "CPU ns a message", decimals: 1,
      variants: [
        .init(name: "memcpy of 17 bytes each") { nanoseconds { Self.copy(wire, target) } },
        .init(name: "PeerMessageDecoder") { try nanoseconds { try Self.decode(wire) } },
      ]
    ).run(rounds: options.rounds)
  }

  private func nanoseconds(_ work: () throws -> Void) rethrows -> Double { try Cost.of(work).cpu * 1e9 / Double(Self.messages) }

  private func encoded() -> ByteBuffer {
    var buffer = ByteBuffer()
    for index in 0..<Self.messages {
      let block = Block(piece: UInt32(index % 1024), offset: UInt32(index % 64 * 16_384), length: 16_384)
      PeerMessageEncoder.encode(.request(block), into: &buffer)
    }
    return buffer
  }

  private static func copy(_ wire: ByteBuffer, _ target: UnsafeMutableRawBufferPointer) {
    wire.withUnsafeReadableBytes { source in
      guard let from = source.baseAddress, let to = target.baseAddress else { return }
      for place in stride(from: 0, to: source.count, by: length) {
        memcpy(to + place, from + place, length)
        consume(to)
      }
    }
  }

  private static func decode(_ wire: ByteBuffer) throws {
    var buffer = wire
    var decoder = PeerMessageDecoder(limits: .seed(pieceCount: 1024))
    while let message = try decoder.next(&buffer) {
      guard case .request(let block) = message else { continue }
      consume(block)
    }
  }
}
