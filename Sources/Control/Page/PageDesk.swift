import Metainfo

/// Gives out the documents of the status page, however many look: each is made at most once in its time, by one at a time, and a few at once.
///
/// Where making one takes long (a disk that hangs), who asks is given the last one with its age, or is told so after a moment; nobody's
/// question waits for the disk, and no second one is asked of it.
package actor PageDesk {
  package typealias Instant = ContinuousClock.Instant

  /// What there is to give.
  package enum Answer: Sendable {
    /// A document, and how old it is.
    case document(Made, age: Duration)
    /// There is nothing of that name.
    case nothing
    /// It cannot be had now; why.
    case unavailable(String)
  }

  /// A document as it was made.
  package struct Made: Sendable {
    package let bytes: [UInt8]
    package let etag: String
    let at: Instant
  }

  private struct Entry {
    var made: Made?
    /// Why it could not be made the last time; nil where it could.
    var problem: String?
    var isNothing = false
    var isBeingMade = false
    /// When it was made, or not, the last time.
    var tried: Instant?
    /// When it was asked for last: the number of the question.
    var used = 0
    var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
  }

  private let source: any PageSource
  private let patience: Duration
  private let now: @Sendable () -> Instant
  private var entries: [PagePart: Entry] = [:]
  private var questions = 0
  /// What somebody waits for, and is not being made yet because enough is.
  private var queue: [PagePart] = []
  private var waiters = 0
  private var lastWaiter = 0

  private static let mostEntries = 64
  private static let mostAtOnce = 4
  private static let mostWaiting = 64

  /// - Parameter patience: so long who asks for a document that there is none of yet waits.
  package init(
    _ source: any PageSource, patience: Duration = .seconds(3), now: @escaping @Sendable () -> Instant = { ContinuousClock.now }
  ) {
    (self.source, self.patience, self.now) = (source, patience, now)
  }

  /// The document, as fresh as it may be had.
  package func answer(_ part: PagePart) async -> Answer {
    let asked = now()
    questions += 1
    entries[part, default: Entry()].used = questions
    if isFresh(part, asked) { return given(part, asked) }
    if entries[part]?.isBeingMade != true {
      if mayBegin(part) { begin(part) } else if waiters < Self.mostWaiting, !queue.contains(part) { queue.append(part) }
    }
    await wait(part)
    forgetOld()
    return given(part, now())
  }

  private func isFresh(_ part: PagePart, _ moment: Instant) -> Bool {
    guard let tried = entries[part]?.tried else { return false }
    return moment - tried < part.freshness
  }

  private func given(_ part: PagePart, _ moment: Instant) -> Answer {
    guard let entry = entries[part] else { return .unavailable(Self.busy) }
    if entry.isNothing { return .nothing }
    if let made = entry.made { return .document(made, age: max(.zero, moment - made.at)) }
    return .unavailable(entry.problem ?? Self.busy)
  }

  private static let busy = "the node has not answered yet: its disk is slow, or it is busy"

  // MARK: Making

  /// A few at once; what waits for the disk does not hold up what does not.
  private func mayBegin(_ part: PagePart) -> Bool {
    entries.count { $0.value.isBeingMade && $0.key.waitsForDisk == part.waitsForDisk } < Self.mostAtOnce
  }

  private func begin(_ part: PagePart) {
    entries[part]?.isBeingMade = true
    // Not awaited: it may never end.
    Task { [source] in
      do {
        let bytes = try await source.json(part)
        settle(part, .success(bytes))
      } catch {
        settle(part, .failure(error))
      }
    }
  }

  private func settle(_ part: PagePart, _ result: Result<[UInt8]?, any Error>) {
    guard var entry = entries[part] else { return beginNext() }
    let moment = now()
    (entry.isBeingMade, entry.tried, entry.problem) = (false, moment, nil)
    switch result {
    case .success(let bytes?):
      (entry.made, entry.isNothing) = (Made(bytes: bytes, etag: PageAsset.etag(bytes), at: moment), false)
    case .success(nil): (entry.made, entry.isNothing) = (nil, true)
    case .failure(let error): entry.problem = Self.words(for: error)
    }
    let waiting = entry.waiting
    entry.waiting = [:]
    entries[part] = entry
    for continuation in waiting.values { continuation.resume() }
    beginNext()
  }

  /// What nobody waits for any more is left out.
  private func beginNext() {
    while let index = queue.firstIndex(where: mayBegin) {
      let part = queue.remove(at: index)
      if let entry = entries[part], !entry.waiting.isEmpty, !entry.isBeingMade { begin(part) }
    }
  }

  private static func words(for error: any Error) -> String {
    (error as? ErrorsDocument)?.errors.map(\.message).joined(separator: "; ") ?? "\(error)"
  }

  // MARK: Waiting

  /// Waits until it is made. Not for long; and not at all where there is an earlier one to give meanwhile, or many wait.
  private func wait(_ part: PagePart) async {
    let limit = entries[part]?.made == nil ? patience : min(patience, Self.courtesy)
    guard waiters < Self.mostWaiting else { return }
    waiters += 1
    lastWaiter += 1
    let number = lastWaiter
    let timer = Task { [weak self] in
      try? await Task.sleep(for: limit)
      await self?.giveUp(part, number)
    }
    await withCheckedContinuation { continuation in
      let isComing = entries[part]?.isBeingMade == true || queue.contains(part)
      if isComing { entries[part]?.waiting[number] = continuation } else { continuation.resume() }
    }
    timer.cancel()
    waiters -= 1
    if entries[part]?.waiting.isEmpty != false, entries[part]?.isBeingMade != true { queue.removeAll { $0 == part } }
  }

  /// An earlier document is given out after so long.
  private static let courtesy = Duration.milliseconds(250)

  private func giveUp(_ part: PagePart, _ number: Int) { entries[part]?.waiting.removeValue(forKey: number)?.resume() }

  /// Searches leave documents behind: only those asked for last are kept.
  private func forgetOld() {
    guard entries.count > Self.mostEntries else { return }
    let idle = entries.filter { !$0.value.isBeingMade && $0.value.waiting.isEmpty }.sorted { $0.value.used < $1.value.used }
    for (part, _) in idle.prefix(entries.count - Self.mostEntries) { entries[part] = nil }
  }
}
