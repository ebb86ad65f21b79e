import HeapModule
import Inventory

/// The artifacts that are out of service, and when each is looked at again: within seconds at first, then ever more seldom. A value; it is
/// told what was seen and says what is to be done.
struct CareBook {
  /// What a look at an artifact out of service has seen.
  enum Sight: Hashable {
    /// Every file is what its evidence says. `isEnough` where that evidence is of pieces that can be served.
    case asEvidence(isEnough: Bool)
    /// Nothing of it is there.
    case gone
    /// Something is other than its evidence, or there is none. Equal numbers are equal sights.
    case differs(Int)
    /// Another program has it open for writing.
    case beingWritten
  }

  enum Step: Hashable {
    case wait
    /// Serve it: nothing need be read.
    case restore
    /// Read it all and compare.
    case verify
  }

  fileprivate struct Entry {
    var nextLook: ContinuousClock.Instant
    var looks = 0
    /// Verifications that came to nothing, one after the other.
    var putOffs = 0
    /// A read has failed: that the files look as ever says nothing.
    var mustRead: Bool
    var wasWritten: Bool
    var lastSight: Sight?
    /// What a verification found wanting: it is not read again before it looks otherwise.
    var wanting: Sight?
    var isVerifying = false

    var isUndecided: Bool {
      guard let lastSight, !isVerifying else { return true }
      switch lastSight {
      case .gone, .beingWritten: return false
      case .differs: return wanting != lastSight
      case .asEvidence: return mustRead && wanting != lastSight
      }
    }
  }

  private static let firstPause = Duration.seconds(1)
  private static let longestPause = Duration.seconds(300)

  private var entries: [ArtifactID: Entry] = [:]
  /// When each is to be looked at. What is no entry's time any more is left out when it comes up.
  private var queue = Heap<Turn>()

  private struct Turn: Comparable {
    let time: ContinuousClock.Instant
    let id: ArtifactID

    static func < (one: Turn, other: Turn) -> Bool { (one.time, one.id.rawValue) < (other.time, other.id.rawValue) }
  }

  var count: Int { entries.count }

  /// Of how many nobody knows yet how they are: not looked at, other than their evidence and not read since, or being read.
  var undecided: Int { entries.values.count { $0.isUndecided } }

  func contains(_ id: ArtifactID) -> Bool { entries[id] != nil }

  /// Whether another program had it open for writing.
  func wasWritten(_ id: ArtifactID) -> Bool { entries[id]?.wasWritten == true }

  /// Takes an artifact in; false where it is in the book already. One that is being verified is looked at after that.
  @discardableResult
  mutating func add(
    _ id: ArtifactID, mustRead: Bool = false, wasWritten: Bool = false, isVerifying: Bool = false, now: ContinuousClock.Instant
  ) -> Bool {
    if entries[id] != nil {
      if mustRead { entries[id]?.mustRead = true }
      if wasWritten { entries[id]?.wasWritten = true }
      return false
    }
    entries[id] = Entry(nextLook: now, mustRead: mustRead, wasWritten: wasWritten, isVerifying: isVerifying)
    queue.insert(Turn(time: now, id: id))
    return true
  }

  mutating func remove(_ id: ArtifactID) { entries[id] = nil }

  /// Everything is looked at again now, and read again where that was found wanting before: an operator has asked for it.
  mutating func hurry(now: ContinuousClock.Instant) {
    for id in entries.keys {
      entries[id]?.nextLook = now
      entries[id]?.looks = 0
      entries[id]?.wanting = nil
    }
    queue = Heap(entries.keys.map { Turn(time: now, id: $0) })
  }

  /// At most so many whose time has come, those that wait longest first.
  mutating func due(now: ContinuousClock.Instant, limit: Int) -> [ArtifactID] {
    var due: [Turn] = []
    while due.count < limit, let turn = queue.min, turn.time <= now {
      queue.removeMin()
      if let entry = entries[turn.id], entry.nextLook == turn.time, !entry.isVerifying, due.last != turn { due.append(turn) }
    }
    // Until they are looked at they are due.
    queue.insert(contentsOf: due)
    return due.map(\.id)
  }

  /// The entry as it is from now on, and its next turn.
  private mutating func set(_ entry: Entry, of id: ArtifactID) {
    entries[id] = entry
    if !entry.isVerifying { queue.insert(Turn(time: entry.nextLook, id: id)) }
  }

  /// What is to be done after a look. `isSettled`: nothing of it has changed for some time, by its files' own word.
  mutating func looked(_ id: ArtifactID, _ sight: Sight, isSettled: Bool = false, now: ContinuousClock.Instant) -> Step {
    guard var entry = entries[id] else { return .wait }
    let step = entry.step(sight, isSettled)
    // What has just changed may change again soon; what stays as it is need not be looked at so often.
    entry.looks = entry.lastSight == sight ? entry.looks + 1 : 0
    entry.lastSight = sight
    entry.nextLook = now + Self.pause(after: entry.looks)
    entry.isVerifying = step == .verify
    set(entry, of: id)
    return step
  }

  /// A verification is over and the artifact is not in service.
  mutating func foundWanting(_ id: ArtifactID, mustRead: Bool, now: ContinuousClock.Instant) {
    guard var entry = entries[id] else { return }
    entry.wanting = entry.lastSight
    entry.putOffs = 0
    entry.mustRead = mustRead
    entry.isVerifying = false
    entry.nextLook = now + Self.pause(after: entry.looks)
    set(entry, of: id)
  }

  /// A verification came to nothing that says anything of the data: it is read again, after a pause that grows.
  mutating func putOff(_ id: ArtifactID, now: ContinuousClock.Instant) {
    guard var entry = entries[id] else { return }
    (entry.wanting, entry.mustRead, entry.isVerifying) = (nil, true, false)
    entry.putOffs += 1
    entry.nextLook = now + Self.pause(after: max(entry.looks, entry.putOffs))
    set(entry, of: id)
  }

  /// The pause after so many looks that saw the same: doubled each time, up to the longest.
  static func pause(after looks: Int) -> Duration {
    let factor = 1 << min(max(0, looks), 9)
    return min(firstPause * factor, longestPause)
  }
}

extension CareBook.Entry {
  fileprivate func step(_ sight: CareBook.Sight, _ isSettled: Bool) -> CareBook.Step {
    switch sight {
    case .gone, .beingWritten: return .wait
    // Evidence that nothing is right holds as long as the files are those.
    case .asEvidence(let isEnough) where !mustRead: return isEnough ? .restore : .wait
    case .asEvidence, .differs:
      // What a disk refused is tried again as seldom as it is looked at; what was wrong is read again once it looks otherwise.
      if sight == wanting { return mustRead && looks >= 2 ? .verify : .wait }
      // Somebody may be at it still: read it once it has not changed between two looks, or for longer than that. What changed while no node
      // ran need not wait until all others have been looked at twice.
      if case .differs = sight, isSettled { return .verify }
      return sight == lastSight ? .verify : .wait
    }
  }
}
