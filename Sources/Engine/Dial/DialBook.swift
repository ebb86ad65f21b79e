import PluginKit

/// Whom to dial for which artifact, and when again: a value fed with events and a clock.
package struct DialBook: Sendable {
  /// An artifact and an address.
  package struct Entry: Hashable, Sendable {
    package let artifact: Int64
    package let address: PeerAddress

    package init(artifact: Int64, address: PeerAddress) {
      (self.artifact, self.address) = (artifact, address)
    }
  }

  private struct State {
    var isStatic: Bool
    var failures = 0
    var isBusy = false
    var due: ContinuousClock.Instant
  }

  private var entries: [Entry: State] = [:]
  private var perArtifact: [Int64: Int] = [:]
  /// Addresses that turned out to be our own.
  private var ourselves: Set<PeerAddress> = []
  /// The most addresses that are remembered for one artifact; what comes beyond is forgotten.
  private let capacity: Int
  private static let firstDelay = Duration.seconds(15)
  private static let longestDelay = Duration.seconds(3600)
  private static let afterSuccess = Duration.seconds(300)

  package init(capacity: Int = 500) {
    self.capacity = capacity
  }

  /// How many addresses are known.
  package var count: Int { entries.count }

  /// Learns of an address. Static ones come from the configuration and are never forgotten.
  @discardableResult
  package mutating func add(_ entry: Entry, isStatic: Bool, now: ContinuousClock.Instant) -> Bool {
    guard entries[entry] == nil, !ourselves.contains(entry.address), entry.address.port != 0 else { return false }
    guard isStatic || perArtifact[entry.artifact, default: 0] < capacity else { return false }
    entries[entry] = State(isStatic: isStatic, due: now)
    perArtifact[entry.artifact, default: 0] += 1
    return true
  }

  /// Forgets the static addresses of an artifact that are not among these.
  package mutating func forgetStatic(of artifact: Int64, but kept: Set<PeerAddress>) {
    for (entry, state) in entries where state.isStatic && entry.artifact == artifact && !kept.contains(entry.address) { forget(entry) }
  }

  /// Forgets an artifact.
  package mutating func remove(artifact: Int64) {
    entries = entries.filter { $0.key.artifact != artifact }
    perArtifact[artifact] = nil
  }

  /// The addresses whose time has come, at most `count`; they are busy until their end is told.
  package mutating func take(_ count: Int, now: ContinuousClock.Instant) -> [Entry] {
    let due = entries.filter { !$0.value.isBusy && $0.value.due <= now }.sorted { $0.value.due < $1.value.due }.prefix(max(0, count))
    for (entry, _) in due { entries[entry]?.isBusy = true }
    return due.map(\.key)
  }

  /// A connection that we dialed is over, or could not be made. Failures wait twice as long each time; after enough of them a tracker's
  /// address is forgotten. A useless peer, which has everything, is met again after the longest time. Only the first end of a connection counts.
  package mutating func ended(_ entry: Entry, succeeded: Bool, isUseless: Bool = false, now: ContinuousClock.Instant) {
    guard var state = entries[entry], state.isBusy else { return }
    state.isBusy = false
    state.failures = succeeded ? 0 : state.failures + 1
    if state.failures > 5, !state.isStatic {
      forget(entry)
      return
    }
    let met = isUseless ? Self.longestDelay : Self.afterSuccess
    let delay = succeeded ? met : min(Self.firstDelay * (1 << min(state.failures, 10)), Self.longestDelay)
    state.due = now + delay
    entries[entry] = state
  }

  /// The address is our own: it is forgotten, and not learned again.
  package mutating func isOurself(_ address: PeerAddress) {
    ourselves.insert(address)
    for entry in entries.keys where entry.address == address { forget(entry) }
  }

  private mutating func forget(_ entry: Entry) {
    guard entries.removeValue(forKey: entry) != nil else { return }
    perArtifact[entry.artifact, default: 1] -= 1
  }
}
