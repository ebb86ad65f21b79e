import Metainfo
internal import PluginKit
import Synchronization

/// Which connection an answer is about: all that the program was told that does not change with the hour.
struct ExternalSubject: Sendable, Hashable {
  let address: PeerAddress
  let direction: PeerFacts.Direction
  let identities: [Identity]
  let certificate: String?
  let infoHash: SHA1Digest?
  let artifact: Int64?
  let peerID: PeerID?

  init(_ facts: PeerFacts) {
    (address, direction, identities) = (facts.address, facts.direction, facts.identities)
    (certificate, infoHash) = (facts.link.certificate?.serial, facts.infoHash)
    (artifact, peerID) = (facts.artifact?.id, facts.peerID)
  }
}

/// The answers that a program has given and that still hold: what `judge` answers from, without waiting.
///
/// Those of live connections are kept as long as they hold, and renewed before they end; others for a minute, and so many at most. The book
/// outlives a reload: then answers of the former generation hold for a short time, in which the new one's program is asked again.
final class ExternalBook: Sendable {
  private struct Entry {
    var facts: PeerFacts
    var answer: ExternalAnswer
    /// The generation whose program has answered.
    var generation: UInt64
    /// When it is time to ask again.
    var renewal: WallTime
    var isBeingRenewed = false
    /// Connections that live by it.
    var users = 0
    /// Without users, when it goes.
    var goes: WallTime
  }

  private struct State {
    var entries: [ExternalSubject: Entry] = [:]
    /// Those without users, roughly in the order in which they lost them.
    var unused: [ExternalSubject] = []
    var generation: UInt64 = 0
    var began = WallTime(nanoseconds: 0)
  }

  private static let unusedTime = Duration.seconds(60)
  private let mostUnused: Int
  private let state = Mutex(State())

  init(mostUnused: Int = 4096) { self.mostUnused = mostUnused }

  /// Another generation begins: what the former one's program has answered is to be asked again.
  func begin(_ now: WallTime) -> UInt64 {
    state.withLock { state in
      state.generation += 1
      state.began = now
      return state.generation
    }
  }

  /// Keeps an answer.
  ///
  /// - Parameter lead: how long before its end it is to be renewed; half of its time at most.
  func keep(_ answer: ExternalAnswer, about facts: PeerFacts, generation: UInt64, lead: Duration, now: WallTime) {
    let subject = ExternalSubject(facts)
    state.withLock { state in
      var entry =
        state.entries[subject]
        ?? Entry(facts: facts, answer: answer, generation: generation, renewal: answer.until, goes: now.after(Self.unusedTime))
      guard entry.generation <= generation else { return }
      (entry.facts, entry.answer, entry.generation, entry.isBeingRenewed) = (facts, answer, generation, false)
      let time = Duration.nanoseconds(answer.until.nanoseconds - now.nanoseconds)
      entry.renewal = answer.until.after(.zero - min(lead, time / 2))
      if entry.users == 0 { entry.goes = now.after(Self.unusedTime) }
      if state.entries.updateValue(entry, forKey: subject) == nil { addUnused(subject, &state) }
    }
  }

  /// A connection lives by the answer from now on.
  func retain(_ facts: PeerFacts) {
    state.withLock { $0.entries[ExternalSubject(facts)]?.users += 1 }
  }

  /// A connection is gone.
  func release(_ facts: PeerFacts, now: WallTime) {
    let subject = ExternalSubject(facts)
    state.withLock { state in
      guard var entry = state.entries[subject], entry.users > 0 else { return }
      entry.users -= 1
      entry.goes = now.after(Self.unusedTime)
      state.entries[subject] = entry
      if entry.users == 0 { addUnused(subject, &state) }
    }
  }

  private func addUnused(_ subject: ExternalSubject, _ state: inout State) {
    state.unused.append(subject)
    guard state.unused.count > mostUnused * 2 else { return }
    state.unused.removeAll { state.entries[$0].map { $0.users > 0 } ?? true }
    for subject in state.unused.prefix(max(0, state.unused.count - mostUnused)) { state.entries[subject] = nil }
    state.unused.removeFirst(max(0, state.unused.count - mostUnused))
  }

  /// What there is to say from what is kept.
  enum Kept: Sendable, Hashable {
    case verdict(Verdict)
    /// Nothing, and why.
    case nothing(String)
  }

  /// The verdict of the answer that is kept.
  ///
  /// - Parameter grace: how long an answer of the former generation holds in this one.
  func verdict(on operation: Operation, _ facts: PeerFacts, grace: Duration) -> Kept {
    let kept: (answer: ExternalAnswer, ends: WallTime?)? = state.withLock { state in
      guard let entry = state.entries[ExternalSubject(facts)] else { return nil }
      return (entry.answer, entry.generation < state.generation ? state.began.after(grace) : nil)
    }
    guard let kept else { return .nothing("the program has not been asked about this connection: it is when a peer connects") }
    guard facts.now < kept.answer.until else { return .nothing("the program's answer is over, and it has not given another") }
    let verdict = kept.answer.verdict(on: operation)
    guard let ends = kept.ends else { return .verdict(verdict) }
    guard facts.now < ends else { return .nothing("the program has not answered again since the configuration was reloaded") }
    // Asked about again soon: the new answer counts as soon as it is there.
    let soon = min(ends, kept.answer.until, facts.now.after(.seconds(1)))
    return .verdict(Verdict(verdict.answer, reason: verdict.reason, rule: verdict.rule, validUntil: soon, scope: verdict.scope))
  }

  /// The connections whose answers are to be renewed now; they are taken to be in hand until `keep` or `postpone`. Lets go of what nobody
  /// has used for a minute.
  func due(_ now: WallTime) -> [PeerFacts] {
    state.withLock { state in
      let subjects = state.entries.filter { subject, entry in
        entry.users > 0 && !entry.isBeingRenewed && (entry.renewal <= now || entry.generation < state.generation)
      }.keys
      for subject in subjects { state.entries[subject]?.isBeingRenewed = true }
      let gone = state.unused.filter { subject in state.entries[subject].map { $0.users == 0 && $0.goes <= now } ?? true }
      for subject in gone { state.entries[subject] = nil }
      if !gone.isEmpty { state.unused.removeAll { subject in state.entries[subject].map { $0.users > 0 } ?? true } }
      return subjects.compactMap { state.entries[$0]?.facts }
    }
  }

  /// An answer could not be renewed now.
  func postpone(_ facts: PeerFacts) {
    state.withLock { $0.entries[ExternalSubject(facts)]?.isBeingRenewed = false }
  }

  /// How many answers are kept.
  var count: Int { state.withLock { $0.entries.count } }
}

extension WallTime {
  /// The moment so long after this one.
  func after(_ time: Duration) -> WallTime {
    let (sum, overflow) = nanoseconds.addingReportingOverflow(Int64(time / .nanoseconds(1)))
    return overflow ? WallTime(nanoseconds: .max) : WallTime(nanoseconds: sum)
  }
}
