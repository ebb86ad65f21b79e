import PluginKit

/// Connections by who dialed and how they are linked: those of now, and all since the start. A value.
package struct ConnectionTally: Sendable, Hashable {
  package struct Kind: Sendable, Hashable {
    package let direction: PeerFacts.Direction
    package let isSecure: Bool

    package init(_ direction: PeerFacts.Direction, isSecure: Bool) {
      (self.direction, self.isSecure) = (direction, isSecure)
    }
  }

  package private(set) var open: [Kind: Int] = [:]
  package private(set) var begun: [Kind: Int64] = [:]

  package init() {}

  package mutating func begin(_ kind: Kind) {
    open[kind, default: 0] += 1
    begun[kind, default: 0] &+= 1
  }

  package mutating func end(_ kind: Kind) { open[kind, default: 0] -= 1 }
}
