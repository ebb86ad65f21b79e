import PluginKit

/// How many connections there are, and whether one more is allowed.
package struct ConnectionCensus: Sendable {
  /// The caps.
  package struct Caps: Sendable {
    package let total: Int
    package let perAddress: Int
    package let perPrincipal: Int
    package let handshakes: Int

    package init(total: Int, perAddress: Int, perPrincipal: Int = .max, handshakes: Int) {
      (self.total, self.perAddress, self.perPrincipal, self.handshakes) = (total, perAddress, perPrincipal, handshakes)
    }
  }

  /// Why one more is not allowed.
  package enum Refusal: Error, Sendable, Hashable {
    case total(cap: Int)
    case address(cap: Int)
    case principal(cap: Int)
    case handshakes(cap: Int)
    case handshakesOfAddress

    /// In words, with the setting to turn.
    package var reason: String {
      switch self {
      case .total(let cap): "\(cap) connections are open (limits.connections)"
      case .address(let cap): "\(cap) connections of this address are open (limits.per-address)"
      case .principal(let cap): "\(cap) connections of this principal are open (limits.per-principal)"
      case .handshakes(let cap): "\(cap) handshakes are in flight (limits.handshakes)"
      case .handshakesOfAddress: "so many handshakes of this address are in flight that others would find no place (limits.handshakes)"
      }
    }

    /// The counter that it belongs to.
    var counter: LimitCounters.Limit {
      switch self {
      case .total: .refusedConnectionsTotal
      case .address: .refusedConnectionsPerAddress
      case .principal: .refusedConnectionsPerPrincipal
      case .handshakes, .handshakesOfAddress: .refusedHandshakes
      }
    }
  }

  /// The caps. Lower ones end nothing that is there.
  package var caps: Caps
  /// Connections in all.
  package private(set) var total = 0
  /// How many there are beyond the seven eighths of the cap up to which nobody is in anybody's way. Of a cap below 8, beyond the cap.
  package var excess: Int { max(0, total - (caps.total - caps.total / 8)) }
  /// Connections whose handshake is not finished.
  package private(set) var handshakes = 0
  private var byAddress: [IPAddress: Int] = [:]
  private var byPrincipal: [String: Int] = [:]
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

  /// Its guards have said yes and its principal is known: counts it there, or says why it may not stay. Its handshake is then finished.
  package mutating func authorize(_ principal: String, at address: IPAddress, isHandshake: Bool = true) throws(Refusal) {
    let known = byPrincipal[principal, default: 0]
    guard known < caps.perPrincipal else { throw .principal(cap: caps.perPrincipal) }
    byPrincipal[principal] = known + 1
    if isHandshake { endHandshake(address) }
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

  /// It is gone; `principal` is what it was authorized as, nil where it was not.
  package mutating func end(_ address: IPAddress, principal: String?, isHandshake: Bool = true) {
    total -= 1
    if let principal {
      let left = byPrincipal[principal, default: 1] - 1
      byPrincipal[principal] = left > 0 ? left : nil
    } else if isHandshake {
      endHandshake(address)
    }
    let left = byAddress[address, default: 1] - 1
    byAddress[address] = left > 0 ? left : nil
  }
}
