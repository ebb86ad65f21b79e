import Metainfo
import TestSupport
import Tracker

/// An exchange with a UDP tracker (BEP 15): what the tracker sends, cut into datagrams, and time that passes.
///
/// The first byte chooses the request and the family. Each datagram then has a byte before it for its length, and a bit of that says whether
/// the right transaction id is put in, without which everything would be ignored.
struct TrackerUDPTarget: FuzzTarget {
  static let name = "tracker-udp"
  static let maximumLength = 4096

  private static let transaction: UInt32 = 0x0102_0304

  func run(_ input: [UInt8]) throws {
    var reader = InputReader(input)
    let choice = reader.byte()
    let request = choice & 1 == 0 ? UDPTrackerRequest.announce(Self.announce) : .scrape([.zero, .zero])
    let addressLength = choice & 2 == 0 ? 4 : 16
    var exchange = UDPTrackerExchange(
      request, transaction: Self.transaction, connection: choice & 4 == 0 ? nil : UDPConnectionID(value: 5, received: .zero),
      addressLength: addressLength, retransmission: UDPRetransmission())
    var now = Duration.seconds(1)
    var step = exchange.start(now: now)
    for _ in 0..<64 where !reader.isAtEnd {
      guard try goesOn(step, now) else { return }
      let head = reader.byte()
      if head == 0xFF {
        now += .seconds(Int(reader.byte()) * 16)
        step = exchange.timedOut(now: now)
      } else {
        let datagram = datagram(&reader, head)
        if let (_, reply) = try? UDPTrackerCodec.decode(datagram, addressLength: addressLength) { try check(reply) }
        let next = exchange.receive(datagram, now: now)
        if next != .ignore { step = next }
      }
    }
  }

  private func datagram(_ reader: inout InputReader, _ head: UInt8) -> [UInt8] {
    var bytes = reader.bytes(Int(head & 0x7F))
    guard head & 0x80 != 0, bytes.count >= 8 else { return bytes }
    bytes.replaceSubrange(4..<8, with: [1, 2, 3, 4])
    return bytes
  }

  private func goesOn(_ step: UDPTrackerExchange.Step, _ now: Duration) throws -> Bool {
    switch step {
    case .send(let datagram, let until):
      try promise(datagram.count >= 16 && until > now, "nothing to send, or a wait that is over")
      return true
    case .ignore: return true
    case .finish(let reply):
      try check(reply)
      return false
    case .fail(let error):
      try promise(!error.description.contains("\n"), "an error of more than one line")
      return false
    }
  }

  private func check(_ reply: UDPTrackerReply) throws {
    switch reply {
    case .announced(let response): try promise(TrackerHTTPTarget.isSound(response), "an answer beyond our bounds")
    case .scraped(let counts): try promise(counts.count <= UDPTrackerCodec.maximumScrape, "more counts than asked for")
    case .connected, .failed: break
    }
  }

  private static let announce = AnnounceRequest(
    infoHash: .zero, peerID: Array("-GY0001-abcdefghijkl".utf8), port: 6881,
    statistics: AnnounceStatistics(uploaded: 1, downloaded: 2, left: 3), event: .started, wanted: 50, key: 9)

  func seeds() throws -> [[UInt8]] {
    let connected: [UInt8] = [0x80 | 16] + [0, 0, 0, 0, 0, 0, 0, 0] + [1, 2, 3, 4, 5, 6, 7, 8]
    let announced: [UInt8] =
      [0x80 | 32, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 7, 8, 0, 0, 0, 1, 0, 0, 0, 2] + [10, 0, 0, 1, 0, 80, 10, 0, 0, 2, 0, 81]
    let scraped: [UInt8] = [0x80 | 32, 0, 0, 0, 2, 0, 0, 0, 0] + [UInt8](repeating: 1, count: 24)
    let failed: [UInt8] = [0x80 | 11, 0, 0, 0, 3, 0, 0, 0, 0] + Array("bad".utf8)
    return [[0] + connected + announced, [2] + connected + announced, [1] + connected + scraped, [4] + failed + [0xFF, 1] + connected]
  }
}
