import DequeModule
import HeapModule

/// Who may send next under the upload limits: a batch needs tokens of the node, of its artifact and of its principal. A value fed with a clock.
///
/// Fairness is between principals, then between the connections of each: a principal with fifty connections gets no more than one with one.
/// Each principal has an account of the bytes it was given (start-time fair queueing: deficit round robin whose deficits last); the one
/// with the least is served next, its connections in turn. Who uses less than its share goes first when it comes back, within bounds.
///
/// What is blocked stands aside and holds up nobody: a principal without tokens is parked until it has some, a batch whose artifact has none
/// waits at the artifact. So each step looks at those only that can be served.
///
///     ask ──> the principal's line ──> ready (least served first) ──> node's tokens ──> granted
///                    ▲                    │ no tokens: parked until they are there
///                    └─ tokens are there ─┤ the artifact has none: at the artifact
package struct UploadScheduler: Sendable {
  /// A batch that may go out: its tokens are taken.
  package struct Turn: Sendable, Hashable {
    package let claim: UploadClaim
    package let bytes: Int
  }

  struct Ask: Sendable {
    let claim: UploadClaim
    let bytes: Int
    /// Tells this ask from later ones of the same connection.
    let serial: UInt64
  }

  struct Principal: Sendable {
    var bucket: TokenBucket?
    /// Asks that wait for nothing but their turn and the principal's tokens.
    var line: Deque<Ask> = []
    /// Bytes given, on the scheduler's common scale.
    var served: Int64 = 0
    /// Whether it stands among the ready, or is parked: once in either.
    var isQueued = false
    /// Asks of its connections, at artifacts included.
    var waiting = 0
  }

  struct Artifact: Sendable {
    var bucket: TokenBucket
    var line = Heap<Entry<Ask>>()
    var isParked = false
  }

  /// Something with its place in an order; the lower goes first, and of equals the earlier.
  struct Entry<Item: Sendable>: Comparable, Sendable {
    let rank: Int64
    let serial: UInt64
    let item: Item

    static func == (one: Self, other: Self) -> Bool { (one.rank, one.serial) == (other.rank, other.serial) }
    static func < (one: Self, other: Self) -> Bool { (one.rank, one.serial) < (other.rank, other.serial) }
  }

  /// What is parked until a moment.
  enum Scope: Sendable {
    case principal(String)
    case artifact(Int64)
  }

  package private(set) var rates: UploadRates
  private var node: TokenBucket?
  var principals: [String: Principal] = [:]
  var artifacts: [Int64: Artifact] = [:]
  /// The asks that count, by connection: others in the lines are dead and are dropped when they are met.
  private var asks: [PeerNumber: UInt64] = [:]
  private var ready = Heap<Entry<String>>()
  private var parked = Heap<Entry<Scope>>()
  private var serial: UInt64 = 0
  /// The account of the principal that was served last: where newcomers begin.
  private var level: Int64 = 0
  private let start: ContinuousClock.Instant

  package init(rates: UploadRates, now: ContinuousClock.Instant) {
    (self.rates, start) = (rates, now)
    node = rates.node.map { TokenBucket(rate: $0, now: now) }
  }

  /// How many connections wait.
  package var waitingCount: Int { asks.count }
  /// How many principals and artifacts are remembered.
  package var rememberedCount: Int { principals.count + artifacts.count }

  /// Takes tokens for a batch; false: it waits, and `next` will name it. Nobody is overtaken who could be served.
  package mutating func take(_ claim: UploadClaim, _ bytes: Int, now: ContinuousClock.Instant) -> Bool {
    note(claim, now)
    release(now)
    let isFirst = ready.isEmpty && principals[claim.principal]?.waiting == 0 && artifacts[claim.artifact]?.line.isEmpty != false
    if isFirst, hasTokens(claim, now) {
      grant(claim, bytes, now)
      return true
    }
    wait(claim, bytes)
    return false
  }

  /// The connection whose turn it is, with the tokens that it waited for taken; nil where nobody can be served now.
  package mutating func next(now: ContinuousClock.Instant) -> Turn? {
    release(now)
    while node?.hasTokens(now) != false, let entry = ready.popMin() {
      let key = entry.item
      guard var principal = principals.removeValue(forKey: key) else { continue }
      principal.isQueued = false
      let ask = askToServe(&principal, key, now)
      principals[key] = principal
      if let ask {
        grant(ask.claim, ask.bytes, now)
        end(ask)
      }
      queue(key)
      if let ask { return Turn(claim: ask.claim, bytes: ask.bytes) }
    }
    return nil
  }

  /// The principal that is looked at next; nil where none is ready.
  package mutating func upcoming(now: ContinuousClock.Instant) -> String? {
    release(now)
    return ready.min?.item
  }

  /// A connection that waits is gone, or wants nothing more.
  package mutating func forget(_ claim: UploadClaim) {
    guard asks.removeValue(forKey: claim.number) != nil else { return }
    principals[claim.principal]?.waiting -= 1
    principals[claim.principal]?.line.removeAll { $0.claim.number == claim.number }
    compact(claim.artifact)
  }

  /// What was taken for a batch turned out to be so many bytes too few; negative: too many.
  package mutating func charge(_ claim: UploadClaim, _ bytes: Int, now: ContinuousClock.Instant) {
    note(claim, now)
    node?.charge(bytes, now: now)
    artifacts[claim.artifact]?.bucket.charge(bytes, now: now)
    principals[claim.principal]?.bucket?.charge(bytes, now: now)
    principals[claim.principal]?.served += Int64(bytes)
  }

  /// Other limits from now on. Those that wait keep waiting, for what there is to wait for.
  package mutating func set(rates: UploadRates, now: ContinuousClock.Instant) {
    guard rates != self.rates else { return }
    if rates.node != self.rates.node { node = rates.node.map { TokenBucket(rate: $0, now: now) } }
    let former = self.rates
    self.rates = rates
    if rates.artifact != former.artifact { replaceArtifactBuckets(now) }
    if rates.principal != former.principal {
      for key in principals.keys { principals[key]?.bucket = rates.principal.map { TokenBucket(rate: $0, now: now) } }
    }
    // Whoever was parked is looked at again; what is parked anew meanwhile stays.
    let entries = parked.unordered
    parked = Heap()
    for entry in entries.sorted() { unpark(entry.item, now) }
  }

  /// Forgets principals and artifacts that nothing is owed by and nobody waits for. About once a second.
  package mutating func sweep(now: ContinuousClock.Instant) {
    for (key, principal) in principals where principal.waiting == 0 && !principal.isQueued {
      var bucket = principal.bucket
      // An account that is ahead must not be escaped by coming back, as long as there are others to be fair to.
      if asks.isEmpty || principal.served <= level, bucket?.isFull(now) != false { principals[key] = nil }
    }
    for (id, artifact) in artifacts where artifact.line.isEmpty && !artifact.isParked {
      var bucket = artifact.bucket
      if bucket.isFull(now) { artifacts[id] = nil }
    }
  }
}

// MARK: - Steps

extension UploadScheduler {
  /// How far behind the others an account may stay: a few turns, so that who asks again a moment after it was served loses none, and nobody
  /// saves up an hour's.
  private var credit: Int64 { Int64(rates.quantum ?? 0) * 4 }

  private mutating func note(_ claim: UploadClaim, _ now: ContinuousClock.Instant) {
    if principals[claim.principal] == nil {
      var principal = Principal(bucket: rates.principal.map { TokenBucket(rate: $0, now: now) })
      principal.served = level
      principals[claim.principal] = principal
    }
    if let rate = rates.artifact, artifacts[claim.artifact] == nil {
      artifacts[claim.artifact] = Artifact(bucket: TokenBucket(rate: rate, now: now))
    }
  }

  private mutating func hasTokens(_ claim: UploadClaim, _ now: ContinuousClock.Instant) -> Bool {
    node?.hasTokens(now) != false && artifacts[claim.artifact]?.bucket.hasTokens(now) != false
      && principals[claim.principal]?.bucket?.hasTokens(now) != false
  }

  private mutating func grant(_ claim: UploadClaim, _ bytes: Int, _ now: ContinuousClock.Instant) {
    level = max(level, principals[claim.principal]?.served ?? level)
    charge(claim, bytes, now: now)
  }

  private mutating func wait(_ claim: UploadClaim, _ bytes: Int) {
    serial += 1
    if asks.updateValue(serial, forKey: claim.number) == nil { principals[claim.principal]?.waiting += 1 }
    principals[claim.principal]?.line.append(Ask(claim: claim, bytes: bytes, serial: serial))
    queue(claim.principal)
  }

  /// The ask is answered.
  private mutating func end(_ ask: Ask) {
    asks[ask.claim.number] = nil
    principals[ask.claim.principal]?.waiting -= 1
  }

  /// Puts a principal with a line among the ready.
  private mutating func queue(_ key: String) {
    guard let principal = principals[key], !principal.isQueued, !principal.line.isEmpty else { return }
    let served = max(principal.served, level - credit)
    principals[key]?.served = served
    principals[key]?.isQueued = true
    serial += 1
    ready.insert(Entry(rank: served, serial: serial, item: key))
  }

  /// The first ask of a principal that can be served; nil where there is none now, and then it is known who wakes the principal.
  private mutating func askToServe(_ principal: inout Principal, _ key: String, _ now: ContinuousClock.Instant) -> Ask? {
    while let ask = principal.line.first {
      if asks[ask.claim.number] != ask.serial {
        principal.line.removeFirst()
      } else if principal.bucket?.hasTokens(now) == false {
        park(.principal(key), until: principal.bucket?.ready ?? now)
        principal.isQueued = true
        return nil
      } else if artifacts[ask.claim.artifact]?.bucket.hasTokens(now) == false {
        principal.line.removeFirst()
        standAside(ask, principal.served)
      } else {
        principal.line.removeFirst()
        return ask
      }
    }
    return nil
  }

  private mutating func standAside(_ ask: Ask, _ rank: Int64) {
    let id = ask.claim.artifact
    artifacts[id]?.line.insert(Entry(rank: rank, serial: ask.serial, item: ask))
    parkArtifact(id)
  }

  private mutating func parkArtifact(_ id: Int64) {
    guard let artifact = artifacts[id], !artifact.isParked, !artifact.line.isEmpty else { return }
    artifacts[id]?.isParked = true
    park(.artifact(id), until: artifact.bucket.ready)
  }

  private mutating func park(_ scope: Scope, until: ContinuousClock.Instant) {
    serial += 1
    let nanoseconds = min(max((until - start) / .nanoseconds(1), 0), 9e18)
    parked.insert(Entry(rank: Int64(nanoseconds), serial: serial, item: scope))
  }

  /// Lets go of what has tokens again.
  private mutating func release(_ now: ContinuousClock.Instant) {
    let limit = (now - start) / .nanoseconds(1)
    while let first = parked.min, Double(first.rank) <= limit {
      parked.removeMin()
      unpark(first.item, now)
    }
  }

  private mutating func unpark(_ scope: Scope, _ now: ContinuousClock.Instant) {
    switch scope {
    case .principal(let key):
      principals[key]?.isQueued = false
      queue(key)
    case .artifact(let id): unpark(artifact: id, now)
    }
  }

  /// Sends as many asks back to their principals as there are tokens for, the least served first; the others stay, so that a thousand peers of
  /// one artifact are not looked at for each batch.
  private mutating func unpark(artifact id: Int64, _ now: ContinuousClock.Instant) {
    guard var artifact = artifacts.removeValue(forKey: id) else { return }
    artifact.isParked = false
    var tokens = artifact.bucket.balance(now)
    while tokens >= 1, let entry = artifact.line.popMin() {
      let ask = entry.item
      guard asks[ask.claim.number] == ask.serial, let principal = principals[ask.claim.principal] else { continue }
      guard entry.rank >= principal.served else {
        // It was served elsewhere meanwhile: its place is further back.
        artifact.line.insert(Entry(rank: principal.served, serial: ask.serial, item: ask))
        continue
      }
      tokens -= Double(ask.bytes)
      principals[ask.claim.principal]?.line.append(ask)
      queue(ask.claim.principal)
    }
    let isWaiting = !artifact.line.isEmpty
    artifact.isParked = isWaiting
    artifacts[id] = artifact
    // Those sent back may be blocked by something else; then others get the artifact's tokens a moment later.
    if isWaiting { park(.artifact(id), until: max(artifact.bucket.ready, now + .milliseconds(10))) }
  }

  /// Drops dead asks at an artifact once they are the greater part.
  private mutating func compact(_ id: Int64) {
    guard let line = artifacts[id]?.line, line.count > 64, line.count > 2 * asks.count else { return }
    artifacts[id]?.line = Heap(line.unordered.filter { asks[$0.item.claim.number] == $0.item.serial })
  }

  private mutating func replaceArtifactBuckets(_ now: ContinuousClock.Instant) {
    let former = artifacts
    artifacts = [:]
    for (id, artifact) in former {
      if let rate = rates.artifact { artifacts[id] = Artifact(bucket: TokenBucket(rate: rate, now: now)) }
      for entry in artifact.line.unordered.sorted() where asks[entry.item.claim.number] == entry.item.serial {
        principals[entry.item.claim.principal]?.line.append(entry.item)
        queue(entry.item.claim.principal)
      }
    }
  }
}
