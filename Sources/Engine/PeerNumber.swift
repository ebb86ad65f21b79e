import Synchronization

/// A connection's number in this process: unique, and it tells which loop the connection lives on.
package typealias PeerNumber = UInt64

/// Hands out numbers. The loop's index is the remainder by the number of loops.
final class PeerNumbers: Sendable {
  private let next = Atomic<UInt64>(1)
  let loops: UInt64

  init(loops: Int) {
    self.loops = UInt64(max(1, loops))
  }

  func number(onLoop index: Int) -> PeerNumber {
    next.add(1, ordering: .relaxed).newValue * loops + UInt64(index)
  }

  /// Numbers of one loop's connections follow each other in this.
  func rank(of number: PeerNumber) -> UInt64 { number / loops }

  func loop(of number: PeerNumber) -> Int { Int(number % loops) }
}
