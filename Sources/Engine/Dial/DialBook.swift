import HeapModule
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
    /// Which entry of the queue is this address's; others are left over from before.
    var ticket: UInt64
  }

  private struct Turn: Comparable {
    let due: ContinuousClock.Instant
    let ticket: UInt64
    let entry: Entry

    static func < (one: Turn, other: Turn) -> Bool { (one.due, one.ticket) < (other.due, other.ticket) }
    static func == (one: Turn, other: Turn) -> Bool { one.ticket == other.ticket }
  }

  private var addresses: [Int64: [PeerAddress: State]] = [:]
  private var queue: Heap<Turn> = []
  private var tickets: UInt64 = 0
  /// How many addresses are known.
  package private(set) var count = 0
  /// Addresses that turned out to be our own.
  private var ourselves: Set<PeerAddress> = []
  /// The most addresses that are remembered for one artifact; what comes beyond is forgotten.
  private let capacity: Int
  private static let firstDelay = Duration.seconds(15)
  private static let longestDelay = Duration.seconds(3600)
  private static let afterSuccess = Duration.seconds(300)
  private static let whileNeeded = Duration.seconds(5)

  package init(capacity: Int = 500) {
    self.capacity = capacity
  }

  /// Learns of an address. Static ones come from the configuration and are never forgotten.
  @discardableResult
  package mutating func add(_ entry: Entry, isStatic: Bool, now: ContinuousClock.Instant) -> Bool {
    guard self[entry] == nil, !ourselves.contains(entry.address), entry.address.port != 0 else { return false }
    guard isStatic || addresses[entry.artifact]?.count ?? 0 < capacity else { return false }
    count += 1
    self[entry] = State(isStatic: isStatic, ticket: line(up: entry, due: now))
    return true
  }

  /// Forgets the static addresses that are not among these, by artifact.
  package mutating func forgetStatic(but kept: [Int64: Set<PeerAddress>]) {
    for (artifact, states) in addresses {
      for (address, state) in states where state.isStatic && kept[artifact]?.contains(address) != true {
        forget(Entry(artifact: artifact, address: address))
      }
    }
  }

  /// Forgets an artifact.
  package mutating func remove(artifact: Int64) {
    count -= addresses.removeValue(forKey: artifact)?.count ?? 0
    dropLeftovers()
  }

  /// The addresses whose time has come, at most `count`, longest due first; they are busy until their end is told.
  package mutating func take(_ count: Int, now: ContinuousClock.Instant) -> [Entry] {
    var taken: [Entry] = []
    while taken.count < count, let turn = queue.min, turn.due <= now {
      _ = queue.popMin()
      guard self[turn.entry]?.ticket == turn.ticket else { continue }
      self[turn.entry]?.isBusy = true
      taken.append(turn.entry)
    }
    return taken
  }

  /// A connection that we dialed is over, or could not be made. Failures wait twice as long each time; after enough of them a tracker's
  /// address is forgotten. A useless peer, which has everything, is met again after the longest time, one that we fetch from
  /// (`isNeeded`) after a short one. Only the first end of a connection counts.
  package mutating func ended(
    _ entry: Entry, succeeded: Bool, isUseless: Bool = false, isNeeded: Bool = false, now: ContinuousClock.Instant
  ) {
    guard var state = self[entry], state.isBusy else { return }
    state.isBusy = false
    state.failures = succeeded ? 0 : state.failures + 1
    if state.failures > 5, !state.isStatic {
      forget(entry)
      return
    }
    let met = isUseless ? Self.longestDelay : isNeeded ? Self.whileNeeded : Self.afterSuccess
    let delay = succeeded ? met : min(Self.firstDelay * (1 << min(state.failures, 10)), Self.longestDelay)
    state.ticket = line(up: entry, due: now + delay)
    self[entry] = state
  }

  /// The address is our own: it is forgotten, and not learned again.
  package mutating func isOurself(_ address: PeerAddress) {
    ourselves.insert(address)
    for artifact in Array(addresses.keys) { forget(Entry(artifact: artifact, address: address)) }
  }

  private mutating func forget(_ entry: Entry) {
    guard self[entry] != nil else { return }
    self[entry] = nil
    if addresses[entry.artifact]?.isEmpty == true { addresses[entry.artifact] = nil }
    count -= 1
    dropLeftovers()
  }

  private subscript(entry: Entry) -> State? {
    get { addresses[entry.artifact]?[entry.address] }
    set { addresses[entry.artifact, default: [:]][entry.address] = newValue }
  }

  private mutating func line(up entry: Entry, due: ContinuousClock.Instant) -> UInt64 {
    tickets += 1
    queue.insert(Turn(due: due, ticket: tickets, entry: entry))
    return tickets
  }

  /// Turns of addresses that were forgotten must not pile up.
  private mutating func dropLeftovers() {
    guard queue.count > 2 * count + 64 else { return }
    queue = Heap(queue.unordered.filter { self[$0.entry]?.ticket == $0.ticket })
  }
}
