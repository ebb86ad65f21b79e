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

    /// In words, with the setting to turn.
    package var reason: String {
      switch self {
      case .total(let cap): "\(cap) connections are open (limits.connections)"
      case .address(let cap): "\(cap) connections of this address are open (limits.per-address)"
      case .handshakes(let cap): "\(cap) handshakes are in flight (limits.handshakes)"
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

  package init(caps: Caps) {
    self.caps = caps
  }

  /// Counts a connection that begins its handshake, or says why it may not.
  /// A connection that we dialed is none of the handshakes that others make us wait for.
  package mutating func begin(_ address: IPAddress, isHandshake: Bool = true) throws(Refusal) {
    let known = byAddress[address, default: 0]
    guard total < caps.total else { throw .total(cap: caps.total) }
    guard known < caps.perAddress else { throw .address(cap: caps.perAddress) }
    guard !isHandshake || handshakes < caps.handshakes else { throw .handshakes(cap: caps.handshakes) }
    total += 1
    if isHandshake { handshakes += 1 }
    byAddress[address] = known + 1
  }

  /// Its handshake is finished.
  package mutating func authorized() { handshakes -= 1 }

  /// It is gone.
  package mutating func end(_ address: IPAddress, wasAuthorized: Bool) {
    total -= 1
    if !wasAuthorized { handshakes -= 1 }
    let left = byAddress[address, default: 1] - 1
    byAddress[address] = left > 0 ? left : nil
  }
}
