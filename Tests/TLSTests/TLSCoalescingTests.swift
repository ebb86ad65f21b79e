import NIOCore
import NIOEmbedded
import OpenSSL
import TLS
import TestSupport
import Testing

/// What is flushed at once leaves at once, in full records.
struct TLSCoalescingTests {
  /// A header, and a block, as the engine writes them.
  private static let batch: [[UInt8]] = (0..<64).flatMap { index in
    [[UInt8](repeating: UInt8(index), count: 13), [UInt8](repeating: UInt8(255 - index), count: 16_384)]
  }

  private func pair() throws -> EmbeddedPair {
    let pair = try EmbeddedPair(try LinkRig())
    try pair.run()
    return pair
  }

  private func records(_ buffer: ByteBuffer) -> [Int] {
    var (found, rest): ([Int], ByteBuffer) = ([], buffer)
    while let header = rest.readBytes(length: 5) {
      found.append(Int(header[3]) << 8 | Int(header[4]))
      rest.moveReaderIndex(forwardBy: found.last ?? 0)
    }
    return found
  }

  @Test
  func aBatchIsOneWriteOfFullRecords() throws {
    let pair = try pair()
    let before = (pair.client.socket.writes, pair.client.socket.flushes)
    let sent = pair.client.send(Self.batch)
    #expect(pair.client.socket.writes - before.0 == 1 && pair.client.socket.flushes - before.1 == 1)
    let ciphertext = try #require(try pair.client.take().first)
    let total = 64 * (16_384 + 13)
    // Each has a byte for its type and sixteen for its seal.
    #expect(records(ciphertext) == [Int](repeating: 16_384 + 17, count: 64) + [total - 64 * 16_384 + 17])
    for future in sent { try future.wait() }
    try pair.server.channel.writeInbound(ciphertext)
    #expect(pair.server.end.received == Self.batch.flatMap { $0 })
  }

  @Test
  func nothingLeavesUnflushed() throws {
    let pair = try pair()
    let sent = pair.client.channel.write(ByteBuffer(string: "hello"))
    #expect(try pair.client.take().isEmpty)
    pair.client.channel.flush()
    #expect(try pair.client.take().count == 1)
    try sent.wait()
    // And a flush of nothing writes nothing.
    pair.client.channel.flush()
    #expect(try pair.client.take().isEmpty)
  }

  @Test(arguments: [[1], [16_384], [16_383, 1, 1], [1, 16_384, 16_384], [0, 5, 0], [40_000, 3, 30_000], [16_385, 16_383]])
  func whateverItsPiecesTheTextArrives(sizes: [Int]) throws {
    let pair = try pair()
    var next: UInt8 = 0
    let parts = sizes.map { size in
      (0..<size).map { _ in
        next &+= 1
        return next
      }
    }
    let (total, sent) = (sizes.reduce(0, +), pair.client.send(parts))
    let ciphertext = try pair.client.take()
    #expect(ciphertext.count == 1 && records(ciphertext[0]).count == (total + 16_383) / 16_384)
    for future in sent { try future.wait() }
    try pair.run()
    try pair.server.channel.writeInbound(ciphertext[0])
    #expect(pair.server.end.received == parts.flatMap { $0 })
  }

  @Test
  func whatWasWrittenBeforeTheLinkStoodLeavesThen() throws {
    let pair = try EmbeddedPair(try LinkRig())
    let early = pair.client.channel.writeAndFlush(ByteBuffer(string: "early"))
    #expect(pair.server.end.received.isEmpty)
    try pair.run()
    try early.wait()
    #expect(pair.server.end.story == ["established", "bytes"] && pair.server.end.received == Array("early".utf8))
  }
}
