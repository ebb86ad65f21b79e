import Metainfo
import Testing
import Tracker

@Suite struct UDPTrackerExchangeTests {
  private let request = UDPTrackerRequest.announce(announce())
  private let connect = UDPTrackerCodec.encodeConnect(transaction: 7)
  private var announced: [UInt8] { UDPTrackerCodec.encode(request, connection: 99, transaction: 7) }

  private func exchange(_ connection: UDPConnectionID? = nil, retransmission: UDPRetransmission = UDPRetransmission()) -> UDPTrackerExchange
  {
    UDPTrackerExchange(request, transaction: 7, connection: connection, addressLength: 4, retransmission: retransmission)
  }

  private func reply(_ action: UInt32, transaction: UInt32 = 7, _ rest: String) -> [UInt8] {
    withUnsafeBytes(of: (action.bigEndian, transaction.bigEndian), Array.init) + (Hex.decode(rest) ?? [])
  }

  private var connectReply: [UInt8] { reply(0, "0000000000000063") }
  private var announceReply: [UInt8] { reply(1, "00000708" + "00000001" + "00000002") }
  private var result: UDPTrackerReply { .announced(AnnounceResponse(interval: .seconds(1800), seeders: 2, leechers: 1)) }

  @Test func `an announce connects, asks and finishes`() {
    var exchange = exchange()
    #expect(exchange.start(now: .seconds(0)) == .send(connect, until: .seconds(15)))
    #expect(exchange.receive(connectReply, now: .seconds(1)) == .send(announced, until: .seconds(16)))
    #expect(exchange.connection == UDPConnectionID(value: 99, received: .seconds(1)))
    #expect(exchange.receive(announceReply, now: .seconds(3)) == .finish(result))
  }

  @Test func `an unanswered connect is sent again as in BEP 15's example`() {
    var exchange = exchange()
    #expect(exchange.start(now: .seconds(0)) == .send(connect, until: .seconds(15)))
    #expect(exchange.timedOut(now: .seconds(15)) == .send(connect, until: .seconds(45)))
    #expect(exchange.timedOut(now: .seconds(45)) == .send(connect, until: .seconds(105)))
  }

  @Test func `an unanswered announce asks for a new connection id as in BEP 15's example`() {
    var exchange = exchange()
    _ = exchange.start(now: .seconds(0))
    #expect(exchange.receive(connectReply, now: .seconds(1)) == .send(announced, until: .seconds(16)))
    #expect(exchange.timedOut(now: .seconds(16)) == .send(announced, until: .seconds(46)))
    #expect(exchange.timedOut(now: .seconds(46)) == .send(announced, until: .seconds(106)))
    #expect(exchange.timedOut(now: .seconds(106)) == .send(connect, until: .seconds(226)))
  }

  @Test func `it gives up after the last wait`() {
    var exchange = exchange(retransmission: UDPRetransmission(base: .seconds(2), limit: 1))
    #expect(exchange.start(now: .seconds(0)) == .send(connect, until: .seconds(2)))
    #expect(exchange.timedOut(now: .seconds(2)) == .send(connect, until: .seconds(6)))
    #expect(exchange.timedOut(now: .seconds(6)) == .fail(.timedOut))
  }

  @Test func `a tracker that answers nothing but connects is left in the end`() {
    var exchange = exchange(retransmission: UDPRetransmission(base: .seconds(30), limit: 8))
    var step = exchange.start(now: .zero)
    var now = Duration.zero
    var sent = 0
    while case .send(let datagram, let until) = step, sent < 100 {
      sent += 1
      if datagram == connect {
        step = exchange.receive(connectReply, now: now)
      } else {
        now = until
        step = exchange.timedOut(now: now)
      }
    }
    #expect(step == .fail(.timedOut))
    #expect(sent < 30)
  }

  @Test func `a connection id is used for a minute and not longer`() {
    let id = UDPConnectionID(value: 99, received: .seconds(10))
    var early = exchange(id)
    #expect(early.start(now: .seconds(69)) == .send(announced, until: .seconds(84)))
    var late = exchange(id)
    #expect(late.start(now: .seconds(70)) == .send(connect, until: .seconds(85)))
  }

  @Test func `an old connection id that the tracker disowns is renewed once`() {
    var exchange = exchange(UDPConnectionID(value: 1, received: .zero))
    _ = exchange.start(now: .seconds(1))
    #expect(exchange.receive(reply(3, "6e6f"), now: .seconds(2)) == .send(connect, until: .seconds(17)))
    #expect(exchange.connection == nil)
    #expect(exchange.receive(connectReply, now: .seconds(3)) == .send(announced, until: .seconds(18)))
    #expect(exchange.receive(reply(3, "6e6f"), now: .seconds(4)) == .fail(.refused(reason: "no", retry: nil)))
  }

  @Test func `what is not the answer is ignored`() {
    var exchange = exchange()
    _ = exchange.start(now: .zero)
    #expect(exchange.receive(reply(0, transaction: 8, "0000000000000063"), now: .zero) == .ignore)
    #expect(exchange.receive(announceReply, now: .zero) == .ignore)
    #expect(exchange.receive([], now: .zero) == .ignore)
    #expect(exchange.receive([0, 0, 0, 0, 0, 0, 7], now: .zero) == .ignore)
    _ = exchange.receive(connectReply, now: .zero)
    #expect(exchange.receive(connectReply, now: .zero) == .ignore)
    #expect(exchange.receive(reply(2, "000000000000000000000000"), now: .zero) == .ignore)
    #expect(exchange.receive(announceReply, now: .zero) == .finish(result))
  }

  @Test func `a malformed answer of our transaction ends it`() {
    var exchange = exchange()
    _ = exchange.start(now: .zero)
    #expect(exchange.receive(reply(9, ""), now: .zero) == .fail(.malformed(place: "byte 0", problem: "the action 9 is unknown")))
  }

  @Test func `waits double from the base`() {
    let pace = UDPRetransmission()
    #expect((0...9).map { pace.wait($0) } == [15, 30, 60, 120, 240, 480, 960, 1920, 3840].map { .seconds($0) } + [nil])
    #expect(pace.wait(-1) == nil)
    #expect(UDPRetransmission(limit: 99).limit == 8)
  }
}
