import NIOCore
import NIOEmbedded
import OpenSSL
import TLS
import TestSupport
import Testing

/// The handshake as a channel sees it.
struct TLSHandlerTests {
  private let rig: LinkRig

  init() throws { rig = try LinkRig() }

  @Test
  func aLinkIsTheFirstThingThatComes() throws {
    let pair = try EmbeddedPair(rig)
    try pair.run()
    _ = pair.client.send([Array("hello".utf8)])
    try pair.run()
    #expect(pair.server.end.story == ["established", "bytes"] && pair.server.end.received == Array("hello".utf8))
    let (ours, theirs) = (try #require(pair.client.end.link), try #require(pair.server.end.link))
    #expect(ours.role == .server && theirs.role == .client && ours.entry === rig.client && theirs.entry === rig.server)
    #expect(ours.certificate.commonNames == ["server"] && theirs.certificate.commonNames == ["client"])
    #expect(ours.exporter != nil && ours.exporter == theirs.exporter && ours.chain.count == 2)
    #expect(ours.validUntil == ours.certificate.notAfter && ours.version == "TLSv1.3")
  }

  @Test
  func nothingIsSaidBeforeTheWord() throws {
    let pair = try EmbeddedPair(rig, clientEnd: LinkEnd(isEager: false), serverEnd: LinkEnd(isEager: false))
    try pair.run()
    #expect(pair.client.written.isEmpty)
    try pair.client.channel.triggerUserOutboundEvent(TLSStart()).wait()
    try pair.run()
    // The client has begun; the server keeps that until it may.
    #expect(!pair.client.written.isEmpty && pair.server.written.isEmpty)
    try pair.server.channel.triggerUserOutboundEvent(TLSStart()).wait()
    try pair.run()
    #expect(pair.server.end.link != nil && pair.client.end.link != nil)
  }

  @Test
  func aClientThatIsNoMemberIsLetGoWithoutAWord() throws {
    let cases: [(TestCertificate?, String)] = [
      (nil, "missing"), (try rig.authority.make(.foreign), "untrusted"), (try rig.authority.make(.expired), "expired"),
      (try rig.authority.make(.serverOnly), "wrong-purpose"),
    ]
    var sayings: Set<[Int]> = []
    for (certificate, code) in cases {
      let end = LinkEnd { context in context.writeAndFlush(NIOAny(ByteBuffer(string: "BitTorrent")), promise: nil) }
      let pair = try EmbeddedPair(
        client: .client(rig.entry(certificate), serverName: nil), server: .server(rig.server), now: rig.authority.now, clientEnd: end)
      try pair.run()
      #expect(pair.server.end.failure?.code == code && pair.server.end.story == ["failed", "inactive"])
      #expect(pair.server.end.received.isEmpty && pair.server.end.link == nil)
      // The client has a link, and then its end: nothing else.
      #expect(pair.client.end.story == ["established", "inactive"] && pair.client.end.received.isEmpty)
      sayings.insert([pair.server.written.count, pair.server.written.last?.readableBytes ?? 0])
    }
    // The handshake, and close_notify: a record of 19 bytes.
    #expect(sayings == [[2, 24]])
  }

  @Test
  func aServerThatIsNoMemberIsToldOneAlert() throws {
    for kind in [TestAuthority.Case.foreign, .expired, .clientOnly] {
      let pair = try EmbeddedPair(
        client: .client(rig.client, serverName: nil), server: .server(rig.entry(rig.authority.make(kind))), now: rig.authority.now)
      try pair.run()
      guard case .certificate = pair.client.end.failure?.kind else { return #expect(Bool(false), "\(kind)") }
      #expect(pair.client.end.story == ["failed", "inactive"] && pair.server.end.story == ["failed", "inactive"])
      #expect(pair.server.end.failure?.code == "handshake")
      #expect(pair.server.end.failure?.reason.contains("handshake failure") == true)
    }
  }

  @Test
  func theNamePicksTheEntry() throws {
    let torrent = TLSEntry(name: "torrent:00", context: try rig.context(rig.authority.make(.star)), requiredName: "tools")
    let role = TLSRole.torrentServer(entrance: try .entrance(minimum: .tls13)) { $0 == "00" ? torrent : nil }
    for (name, certificate, code) in [
      ("00", try rig.authority.issue("tools"), nil), ("00", try rig.authority.issue("other"), "wrong-name"),
      ("01", try rig.authority.issue("tools"), "server-name"),
    ] {
      let pair = try EmbeddedPair(client: .client(rig.entry(certificate), serverName: name), server: role, now: rig.authority.now)
      try pair.run()
      #expect(pair.server.end.failure?.code == code)
      #expect((pair.server.end.link?.entry === torrent) == (code == nil))
    }
  }

  // MARK: What changes meanwhile

  @Test
  func whoHoldsAHandshakeOpenIsJudgedByWhatIsInForceAtItsEnd() throws {
    let banned = try rig.authority.issue("client")
    let pair = try EmbeddedPair(
      client: .client(rig.entry(banned), serverName: nil), server: .server(rig.server), now: rig.authority.now)
    // The server has answered, and the client has not.
    pair.eventLoop.advanceTime(by: .milliseconds(1))
    for buffer in try pair.client.take() { try pair.server.channel.writeInbound(buffer) }
    pair.eventLoop.advanceTime(by: .milliseconds(1))
    rig.server.replace(
      context: try rig.context(rig.authority.issue("server"), lists: [rig.authority.revocationList([banned])]))
    try pair.run()
    #expect(pair.server.end.failure?.code == "revoked" && pair.server.end.link == nil)
  }

  @Test
  func aLinkKnowsWhatItWasJudgedBy() throws {
    let pair = try EmbeddedPair(rig)
    pair.eventLoop.advanceTime(by: .milliseconds(1))
    rig.server.replace(context: try rig.context(rig.authority.issue("server"), lists: [rig.authority.revocationList(validity: 3_600)]))
    try pair.run()
    let link = try #require(pair.server.end.link)
    #expect(link.generation == 2 && link.validUntil == rig.authority.now - 60 + 3_600)
    #expect(pair.client.end.link?.generation == 1)
  }

  // MARK: Reading

  @Test
  func itReadsByItselfDuringTheHandshakeOnly() throws {
    let pair = try EmbeddedPair(rig)
    try pair.run()
    #expect(pair.server.socket.reads > 0)
    let before = (pair.client.socket.reads, pair.server.socket.reads)
    _ = pair.client.send([Array("hello".utf8)])
    _ = pair.server.send([Array("hello".utf8)])
    for (one, other) in [(pair.client, pair.server), (pair.server, pair.client)] {
      for buffer in try one.take() { try other.channel.writeInbound(buffer) }
    }
    pair.eventLoop.advanceTime(by: .milliseconds(1))
    #expect(pair.client.end.received.count == 5 && pair.server.end.received.count == 5)
    // EmbeddedChannel reads on by itself after each read, from the far end: ours would be one more.
    #expect(pair.client.socket.reads - before.0 <= 1 && pair.server.socket.reads - before.1 <= 1)
  }

  /// What a client sends with the last of its handshake comes after the link.
  @Test
  func plaintextThatComesWithTheHandshakesEndIsKept() throws {
    let end = LinkEnd { context in context.writeAndFlush(NIOAny(ByteBuffer(string: "early")), promise: nil) }
    let pair = try EmbeddedPair(rig, clientEnd: end)
    pair.eventLoop.advanceTime(by: .milliseconds(1))
    for buffer in try pair.client.take() { try pair.server.channel.writeInbound(buffer) }
    pair.eventLoop.advanceTime(by: .milliseconds(1))
    for buffer in try pair.server.take() { try pair.client.channel.writeInbound(buffer) }
    pair.eventLoop.advanceTime(by: .milliseconds(1))
    let all = try pair.client.take().reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) }
    try pair.server.channel.writeInbound(all)
    try pair.run()
    #expect(pair.server.end.story == ["established", "bytes"] && pair.server.end.received == Array("early".utf8))
  }
}
