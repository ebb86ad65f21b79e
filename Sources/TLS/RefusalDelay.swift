import NIOCore

/// How long a refusal waits before the peer is told by the end of its link. What was looked at before it took longer or shorter by less than
/// a millisecond; beside a random tenth of a second nobody sees that.
package enum RefusalDelay {
  package static let step = TimeAmount.milliseconds(100)

  /// One step and a random part of another.
  package static func random() -> TimeAmount { step + .nanoseconds(.random(in: 0..<step.nanoseconds)) }
}
