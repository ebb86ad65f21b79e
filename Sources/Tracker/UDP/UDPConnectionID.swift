/// A tracker's leave to send it requests (BEP 15), good for a minute after it came.
package struct UDPConnectionID: Hashable, Sendable {
  /// How long a client may use one.
  package static let lifetime: Duration = .seconds(60)

  package let value: UInt64
  /// When it came.
  package let received: Duration

  package init(value: UInt64, received: Duration) {
    (self.value, self.received) = (value, received)
  }

  /// Whether it may be used now.
  package func isUsable(at now: Duration) -> Bool { now - received < Self.lifetime }
}
