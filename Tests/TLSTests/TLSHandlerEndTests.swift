import NIOCore
import NIOEmbedded
import OpenSSL
import TLS
import TestSupport
import Testing

/// How links end, well and badly.
struct TLSHandlerEndTests {
  private let rig: LinkRig

  init() throws { rig = try LinkRig() }

  @Test
  func closingSaysGoodbye() throws {
    let pair = try EmbeddedPair(rig)
    try pair.run()
    let before = pair.client.written.count
    try pair.client.channel.close().wait()
    try pair.run()
    #expect(pair.client.written.count - before == 1 && pair.client.written.last?.readableBytes == 24)
    #expect(pair.server.end.story == ["established", "inactive"] && pair.server.end.failure == nil)
  }

  @Test
  func hangingUpWithoutGoodbyeIsHarmlessOnceTheLinkStands() throws {
    let pair = try EmbeddedPair(rig)
    try pair.run()
    pair.server.channel.pipeline.fireChannelInactive()
    #expect(pair.server.end.story == ["established", "inactive"] && pair.server.end.failure == nil)
  }

  @Test
  func hangingUpDuringTheHandshakeIsAFailure() throws {
    let pair = try EmbeddedPair(rig)
    pair.eventLoop.advanceTime(by: .milliseconds(1))
    for buffer in try pair.client.take() { try pair.server.channel.writeInbound(buffer) }
    pair.server.channel.pipeline.fireChannelInactive()
    pair.eventLoop.advanceTime(by: .milliseconds(1))
    #expect(pair.server.end.failure?.code == "closed" && pair.server.end.story == ["failed", "inactive"])
  }

  @Test(arguments: [
    [19] + Array("BitTorrent protocol".utf8) + [UInt8](repeating: 0, count: 48), [UInt8](repeating: 0, count: 100),
    [22, 3, 1, 0xFF, 0xFF] + [UInt8](repeating: 1, count: 100),
  ])
  func whatIsNoTLSEndsIt(bytes: [UInt8]) throws {
    let pair = try EmbeddedPair(rig)
    pair.eventLoop.advanceTime(by: .milliseconds(1))
    try pair.server.channel.writeInbound(ByteBuffer(bytes: bytes))
    pair.eventLoop.advanceTime(by: .milliseconds(1))
    #expect(pair.server.end.failure?.code == "handshake" && !pair.server.channel.isActive)
    // An alert at most, in clear: five bytes and two.
    #expect(try pair.server.take().reduce(0) { $0 + $1.readableBytes } <= 7)
  }

  @Test
  func aHandshakeIsNotEndless() throws {
    let pair = try EmbeddedPair(rig, serverEnd: LinkEnd(isEager: false))
    // A record that is always about to be whole, to a server that may not begin yet.
    for _ in 0..<13 where pair.server.channel.isActive { try pair.server.channel.writeInbound(ByteBuffer(repeating: 22, count: 16 << 10)) }
    #expect(pair.server.end.failure?.code == "handshake" && !pair.server.channel.isActive)
  }

  @Test
  func aRecordThatWasChangedEndsIt() throws {
    let pair = try EmbeddedPair(rig)
    try pair.run()
    _ = pair.client.send([Array("hello".utf8)])
    var bytes = try pair.client.take().reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) }
    bytes.setInteger(UInt8(0), at: bytes.writerIndex - 1)
    bytes.setInteger(UInt8(0), at: bytes.writerIndex - 2)
    try pair.server.channel.writeInbound(bytes)
    #expect(pair.server.end.failure?.code == "record" && pair.server.end.received.isEmpty && !pair.server.channel.isActive)
  }

  @Test
  func whatIsWrittenToAnEndedLinkFails() throws {
    let pair = try EmbeddedPair(rig)
    try pair.run()
    // Never flushed.
    let unflushed = pair.client.channel.write(ByteBuffer(string: "a"))
    try pair.client.channel.close().wait()
    let late = pair.client.channel.writeAndFlush(ByteBuffer(string: "b"))
    #expect(throws: ChannelError.self) { try unflushed.wait() }
    #expect(throws: ChannelError.self) { try late.wait() }
  }

  @Test
  func whatWaitsForAHandshakeThatFailsFails() throws {
    let pair = try EmbeddedPair(
      client: .client(rig.entry(rig.authority.make(.foreign)), serverName: nil), server: .server(rig.server), now: rig.authority.now)
    let waiting = pair.server.channel.writeAndFlush(ByteBuffer(string: "secret"))
    try pair.run()
    #expect(throws: TLSFailure.self) { try waiting.wait() }
    #expect(pair.client.end.received.isEmpty)
  }

  @Test
  func nothingIsLeftOfFailedHandshakes() throws {
    final class Watch {
      weak var handler: TLSHandler?
      init(_ handler: TLSHandler) { self.handler = handler }
    }
    var watches: [Watch] = []
    for number in 0..<200 {
      let certificate = number % 2 == 0 ? nil : try rig.authority.make(.foreign)
      let pair = try EmbeddedPair(
        client: .client(rig.entry(certificate), serverName: nil), server: .server(rig.server), now: rig.authority.now)
      if number % 3 == 0 { try pair.server.channel.writeInbound(ByteBuffer(string: "GET / HTTP/1.1\r\n\r\n")) }
      try pair.run()
      watches += [Watch(pair.client.handler), Watch(pair.server.handler)]
    }
    let kept = watches.indices.filter { watches[$0].handler != nil }
    #expect(kept.isEmpty)
  }
}
