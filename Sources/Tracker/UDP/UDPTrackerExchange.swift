/// One request to a UDP tracker as a pure value: connect, ask, send again, give up (BEP 15).
///
/// Times are durations since any fixed origin.
package struct UDPTrackerExchange: Sendable {
  /// What to do next.
  package enum Step: Hashable, Sendable {
    /// Send this, and call `timedOut` at that time unless something comes before.
    case send([UInt8], until: Duration)
    /// Nothing: what came is not for us.
    case ignore
    /// The reply to the request.
    case finish(UDPTrackerReply)
    case fail(TrackerError)
  }

  /// The connection id last given, for other requests to the same tracker; nil where the tracker has disowned it.
  package private(set) var connection: UDPConnectionID?

  private let request: UDPTrackerRequest
  private let transaction: UInt32
  private let addressLength: Int
  private let retransmission: UDPRetransmission
  /// How often the present request has been sent again.
  private var repeats = 0
  private var isConnecting = false
  /// How many connection ids this exchange has asked for.
  private var connects = 0

  /// An exchange with a tracker whose connection id may be known from before. The transaction id must be random: it is what tells the
  /// tracker's replies from a forger's. `addressLength` is 4 over IPv4 and 16 over IPv6.
  package init(
    _ request: UDPTrackerRequest, transaction: UInt32, connection: UDPConnectionID?, addressLength: Int, retransmission: UDPRetransmission
  ) {
    (self.request, self.transaction, self.connection) = (request, transaction, connection)
    (self.addressLength, self.retransmission) = (addressLength, retransmission)
  }

  /// The first datagram.
  package mutating func start(now: Duration) -> Step { send(now: now) }

  /// The time of the last `send` has come.
  package mutating func timedOut(now: Duration) -> Step {
    repeats += 1
    return send(now: now)
  }

  /// A datagram has come from the tracker's address.
  package mutating func receive(_ datagram: [UInt8], now: Duration) -> Step {
    guard Self.transaction(of: datagram) == transaction else { return .ignore }
    do {
      return take(try UDPTrackerCodec.decode(datagram, addressLength: addressLength).reply, now: now)
    } catch {
      return .fail(error)
    }
  }

  private mutating func take(_ reply: UDPTrackerReply, now: Duration) -> Step {
    switch (reply, request) {
    case (.connected(let value), _) where isConnecting:
      return connected(UDPConnectionID(value: value, received: now), now: now)
    case (.announced, .announce) where !isConnecting, (.scraped, .scrape) where !isConnecting:
      return .finish(reply)
    case (.failed(let reason), _):
      return failed(reason, now: now)
    case (.connected, _), (.announced, _), (.scraped, _):
      // A late copy of an earlier answer.
      return .ignore
    }
  }

  private mutating func connected(_ id: UDPConnectionID, now: Duration) -> Step {
    connection = id
    // Only the first id begins the waits anew, else a tracker that answers nothing but connects would keep us for ever.
    if connects == 1 { repeats = 0 }
    return send(now: now)
  }

  private mutating func failed(_ reason: String, now: Duration) -> Step {
    // An id from an earlier exchange may be one that a restarted tracker does not know: ask for another, once.
    guard connects == 0 else { return .fail(.refused(reason: reason, retry: nil)) }
    connection = nil
    repeats = 0
    return send(now: now)
  }

  private mutating func send(now: Duration) -> Step {
    guard let wait = retransmission.wait(repeats) else { return .fail(.timedOut) }
    if let connection, connection.isUsable(at: now) {
      isConnecting = false
      let datagram = UDPTrackerCodec.encode(
        request, connection: connection.value, transaction: transaction, addressLength: addressLength)
      return .send(datagram, until: now + wait)
    }
    if !isConnecting { connects += 1 }
    isConnecting = true
    return .send(UDPTrackerCodec.encodeConnect(transaction: transaction), until: now + wait)
  }

  /// The transaction id of a reply, nil where it is too short to have one.
  package static func transaction(of datagram: [UInt8]) -> UInt32? {
    guard datagram.count >= 8 else { return nil }
    return datagram[4..<8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
  }
}
