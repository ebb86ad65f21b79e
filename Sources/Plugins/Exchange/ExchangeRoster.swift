internal import PluginKit
import Synchronization

/// The peers of an artifact that may be told of, shared by all loops.
final class ExchangeRoster: Sendable {
  /// One connection, as long as it lasts.
  struct Ticket: Sendable, Hashable {
    fileprivate let number: UInt64
    /// Whether it is over TLS: where a peer listens for that, it does not speak plain, and the reverse.
    fileprivate let isSecure: Bool
  }

  private struct State {
    var next: UInt64 = 0
    var entries: [Ticket: PeerExchangeMessage.Entry] = [:]
    /// Changes since the start: who looks at a roster that has not changed need not look again.
    var version: UInt64 = 0
  }

  private let state = Mutex(State())
  /// More are not told of, so that no list grows with an artifact's fame.
  private static let capacity = 2_000

  func ticket(isSecure: Bool = false) -> Ticket {
    state.withLock { state in
      state.next += 1
      return Ticket(number: state.next, isSecure: isSecure)
    }
  }

  /// The peer may be told of, as this; nil: it may not, any more.
  func set(_ entry: PeerExchangeMessage.Entry?, for ticket: Ticket) {
    state.withLock { state in
      guard state.entries[ticket] != entry, entry == nil || state.entries[ticket] != nil || state.entries.count < Self.capacity else {
        return
      }
      state.entries[ticket] = entry
      state.version += 1
    }
  }

  /// How often it has changed.
  var version: UInt64 { state.withLock { $0.version } }

  /// All but one's own that are on links like its own, by address.
  func others(than ticket: Ticket) -> (entries: [PeerAddress: PeerExchangeMessage.Entry], version: UInt64) {
    state.withLock { state in
      let own = state.entries[ticket]?.address
      let others = state.entries.lazy.filter { entry in
        entry.key != ticket && entry.key.isSecure == ticket.isSecure && entry.value.address != own
      }.map { ($0.value.address, $0.value) }
      return (Dictionary(others) { first, _ in first }, state.version)
    }
  }
}
