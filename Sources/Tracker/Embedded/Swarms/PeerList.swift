import PluginKit

/// Peers by address, from which some are picked at random without looking at all of them.
struct PeerList: Sendable {
  private(set) var entries: [SwarmPeer] = []
  private var places: [Endpoint: Int] = [:]

  var count: Int { entries.count }

  subscript(address: Endpoint) -> SwarmPeer? { places[address].map { entries[$0] } }

  /// Gives back who was at the address before.
  @discardableResult
  mutating func put(_ peer: SwarmPeer) -> SwarmPeer? {
    guard let place = places[peer.address] else {
      places[peer.address] = entries.count
      entries.append(peer)
      return nil
    }
    defer { entries[place] = peer }
    return entries[place]
  }

  @discardableResult
  mutating func remove(_ address: Endpoint) -> SwarmPeer? {
    guard let place = places.removeValue(forKey: address), let last = entries.popLast() else { return nil }
    guard place < entries.count else { return last }
    defer { entries[place] = last }
    places[last.address] = place
    return entries[place]
  }
}

/// All numbers below `count` once each, in an order that begins anywhere: as likely to begin at one as at another.
struct RandomRound: Sequence, IteratorProtocol {
  private let count: Int
  private let step: Int
  private var place: Int
  private var left: Int

  init(_ count: Int, using generator: inout some RandomNumberGenerator) {
    self.count = count > 0 ? count : 0
    left = self.count
    guard count > 1 else {
      (step, place) = (1, 0)
      return
    }
    place = Int.random(in: 0..<count, using: &generator)
    var step = Int.random(in: 1..<count, using: &generator)
    while Self.divisor(step, count) != 1 { step = step % (count - 1) + 1 }
    self.step = step
  }

  mutating func next() -> Int? {
    guard left > 0 else { return nil }
    left -= 1
    defer { place = (place + step) % count }
    return place
  }

  private static func divisor(_ one: Int, _ other: Int) -> Int {
    var (one, other) = (one, other)
    while other != 0 { (one, other) = (other, one % other) }
    return one
  }
}
