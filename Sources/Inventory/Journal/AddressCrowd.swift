/// Keeps one address from filling the journal. Refusals that differ in what a peer makes up (an info-hash, a wrong number) are rows of their
/// own only so many times a window; the further ones are made equal, and so counted in one row. Of what is allowed, so much is a row each; the
/// further ones are counted where they wait.
struct AddressCrowd {
  private struct Address {
    let since: Timestamp
    /// The numbers of the refusals that it has; a clash makes two of them one, which harms nobody.
    var refusals: Set<Int64> = []
    var others = 0
  }

  /// Rows of one address that are kept apart in one window: of refusals, and of other verdicts.
  let rowsPerAddress: Int
  private let window: Duration
  /// Addresses remembered at once.
  private let capacity: Int
  private var addresses: [String: Address] = [:]

  init(rowsPerAddress: Int, window: Duration, capacity: Int = 4096) {
    (self.rowsPerAddress, self.window, self.capacity) = (max(1, rowsPerAddress), window, max(1, capacity))
  }

  /// The entry as it is to be kept, and whether it is to be counted with an equal one that waits.
  mutating func taken(_ entry: JournalEntry) -> (entry: JournalEntry, isCounted: Bool) {
    guard let name = entry.address else { return (entry, entry.isRefusal) }
    var address = addresses[name] ?? Address(since: entry.at)
    if entry.at >= address.since.advanced(by: window) { address = Address(since: entry.at) }
    return entry.isRefusal ? (refused(entry, &address, name), true) : (entry, countOther(&address, name))
  }

  private mutating func refused(_ entry: JournalEntry, _ address: inout Address, _ name: String) -> JournalEntry {
    let number = JournalKey(entry).number
    guard address.refusals.contains(number) || address.refusals.count < rowsPerAddress else { return entry.amongMany }
    if address.refusals.insert(number).inserted { remember(address, as: name) }
    return entry
  }

  private mutating func countOther(_ address: inout Address, _ name: String) -> Bool {
    guard address.others < rowsPerAddress else { return true }
    address.others += 1
    remember(address, as: name)
    return false
  }

  private mutating func remember(_ address: Address, as name: String) {
    if addresses[name] == nil, addresses.count >= capacity {
      addresses = addresses.filter { $0.value.since.advanced(by: window) > address.since }
      // All of them in this window: the rows' number is bounded by `JournalLimits` all the same.
      if addresses.count >= capacity { addresses.removeAll() }
    }
    addresses[name] = address
  }
}

extension JournalEntry {
  /// The same without what tells it from others of the address.
  fileprivate var amongMany: JournalEntry {
    JournalEntry(
      at: at, verdict: verdict, isRefusal: isRefusal, operation: operation, principal: principal, address: address, plugin: plugin,
      reason: "one of many different refusals of this address", policyGeneration: policyGeneration)
  }
}
