import PluginKit

/// How many connections there are, and whether one more is allowed.
package struct ConnectionCensus: Sendable {
  /// The caps.
  package struct Caps: Sendable {
    package let total: Int
    package let perAddress: Int
    package let handshakes: Int

    package init(total: Int, perAddress: Int, handshakes: Int) {
      (self.total, self.perAddress, self.handshakes) = (total, perAddress, handshakes)
    }
  }

  /// Why one more is not allowed.
  package enum Refusal: Error, Sendable, Hashable {
    case total(cap: Int)
    case address(cap: Int)
    case handshakes(cap: Int)
    case handshakesOfAddress

    /// In words, with the setting to turn.
    package var reason: String {
      switch self {
      case .total(let cap): "\(cap) connections are open (limits.connections)"
      case .address(let cap): "\(cap) connections of this address are open (limits.per-address)"
      case .handshakes(let cap): "\(cap) handshakes are in flight (limits.handshakes)"
      case .handshakesOfAddress: "so many handshakes of this address are in flight that others would find no place (limits.handshakes)"
      }
    }
  }

  /// The caps. Lower ones end nothing that is there.
  package var caps: Caps
  /// Connections in all.
  package private(set) var total = 0
  /// Connections whose handshake is not finished.
  package private(set) var handshakes = 0
  private var byAddress: [IPAddress: Int] = [:]
  private var handshakesByAddress: [IPAddress: Int] = [:]

  package init(caps: Caps) {
    self.caps = caps
  }

  /// Counts a connection that begins its handshake, or says why it may not.
  /// A connection that we dialed is none of the handshakes that others make us wait for.
  package mutating func begin(_ address: IPAddress, isHandshake: Bool = true) throws(Refusal) {
    let known = byAddress[address, default: 0]
    guard total < caps.total else { throw .total(cap: caps.total) }
    guard known < caps.perAddress else { throw .address(cap: caps.perAddress) }
    if isHandshake { try beginHandshake(address) }
    total += 1
    byAddress[address] = known + 1
  }

  /// Half of what is free is for any one address: whoever opens connections and says nothing must not keep all others out.
  private mutating func beginHandshake(_ address: IPAddress) throws(Refusal) {
    let free = caps.handshakes - handshakes
    guard free > 0 else { throw .handshakes(cap: caps.handshakes) }
    let own = handshakesByAddress[address, default: 0]
    guard own <= free else { throw .handshakesOfAddress }
    handshakes += 1
    handshakesByAddress[address] = own + 1
  }

  private mutating func endHandshake(_ address: IPAddress) {
    handshakes -= 1
    let left = handshakesByAddress[address, default: 1] - 1
    handshakesByAddress[address] = left > 0 ? left : nil
  }

  /// Its handshake is finished.
  package mutating func authorized(_ address: IPAddress) { endHandshake(address) }

  /// It is gone.
  package mutating func end(_ address: IPAddress, wasAuthorized: Bool) {
    total -= 1
    if !wasAuthorized { endHandshake(address) }
    let left = byAddress[address, default: 1] - 1
    byAddress[address] = left > 0 ? left : nil
  }
}
