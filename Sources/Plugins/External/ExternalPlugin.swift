package import PluginKit
import Synchronization

/// Has a program of the operator's, in any language, say who may connect and what they may have: a child process with which we speak JSON in
/// frames over its standard input and output.
///
/// The program is asked once for each connection, in `admit`, when the peer has named an artifact; it answers for all operations at once. What
/// it says is kept while the connection lives, and `judge` answers from that: where there is no answer, or it is over, that is a denial with a
/// reason. Answers are renewed before they end.
package final class ExternalPlugin: Plugin {
  package static let name = "external"
  package static let summary = "guards connect, metadata, request and message: a program in any language says who may have what"
  package static let hooks: [Hook] = [.judge, .admit, .newTorrent, .newConnection, .onDisconnect, .tick]

  package let guards: Set<Operation>
  package let admitsAsynchronously = true
  private let options: ExternalOptions
  private let services: PluginServices
  private let host: ExternalHost
  private let book: ExternalBook
  /// The book's number for us, once anything is asked of us: a plugin that is made for a look, or for a reload that fails, changes nothing.
  private let generation = Mutex<UInt64?>(nil)
  private let renewing: ExternalRenewals

  package init(settings: ExternalSettings, services: PluginServices) throws {
    var problems: [SettingsProblem] = []
    options = ExternalOptions(settings, services, problems: &problems)
    guard problems.isEmpty else { throw SettingsProblems(problems) }
    (guards, self.services) = (options.guards, services)
    host = ExternalHost(options, services)
    // Another program's answers are not this one's.
    book = services.memory.value(options.program.path, or: ExternalBook())
    renewing = ExternalRenewals(most: max(1, options.inFlight / 2))
  }

  deinit { host.close() }

  package var warnings: [String] {
    guard services.children.runsAsRoot, options.program.user == nil else { return [] }
    return ["the program runs as root: name another 'user' for it"]
  }

  // MARK: Guarding

  package func judge(_ operation: Operation, _ facts: PeerFacts) throws -> Verdict {
    _ = begin()
    if let early = Self.early(facts) { return early }
    switch book.verdict(on: operation, facts, grace: grace) {
    case .verdict(let verdict): return verdict
    // Whether somebody is to be dialed: `admit` is asked when the link stands, before anything is disclosed.
    case .nothing where facts.direction == .outbound && facts.peerID == nil: return .allow("the program is asked when the link stands")
    case .nothing(let why): return .deny(why, rule: ExternalRule.noAnswer)
    }
  }

  package func admit(_ facts: PeerFacts) async throws -> Verdict {
    let generation = begin()
    if let early = Self.early(facts) { return early }
    switch await answer(facts, generation) {
    case .success(let answer): return Self.verdict(answer, facts)
    case .failure(let silence): return .deny(silence.description, rule: ExternalRule.noAnswer)
    }
  }

  /// What there is to say before the peer has named an artifact, or its identity is known: it is asked again then.
  private static func early(_ facts: PeerFacts) -> Verdict? {
    if facts.link.isSecuring { return .allow("the program is asked when the link stands") }
    return facts.infoHash == nil ? .allow("the program is asked when the peer has named an artifact") : nil
  }

  /// Our handshake names the artifact to whom we dial: who may have nothing of it does not get to read that.
  private static func verdict(_ answer: ExternalAnswer, _ facts: PeerFacts) -> Verdict {
    let verdict = answer.verdict(on: .connect)
    guard facts.direction == .outbound, verdict.isAllowed else { return verdict }
    let guarded = [Operation.request, .metadata].compactMap { answer.verdicts[$0] }
    guard guarded.count == 2, guarded.allSatisfy({ !$0.isAllowed }) else { return verdict }
    return guarded[0]
  }

  private func answer(
    _ facts: PeerFacts, _ generation: UInt64, isRenewal: Bool = false
  ) async -> Result<ExternalAnswer, ExternalReadingProblem> {
    let outcome = await host.ask(facts, isRenewal: isRenewal)
    let now = services.wallClock()
    switch outcome {
    case .unanswered(let reason): return .failure(ExternalReadingProblem(reason))
    case .answered(let reply):
      do throws(ExternalReadingProblem) {
        let answer = try ExternalAnswer(
          reply, guards: guards, artifact: facts.artifact, now: now, validFor: options.validFor)
        if facts.artifact != nil { book.keep(answer, about: facts, generation: generation, lead: lead, now: now) }
        return .success(answer)
      } catch {
        services.counters.count("external_unreadable_answers")
        return .failure(ExternalReadingProblem("the program's answer cannot be read: \(error)"))
      }
    }
  }

  private func begin() -> UInt64 {
    generation.withLock { generation in
      if let generation { return generation }
      let begun = book.begin(services.wallClock())
      generation = begun
      return begun
    }
  }

  /// How long an answer of the former generation holds in this one.
  private var grace: Duration { .seconds(10) + options.deadline }
  /// How long before its end an answer is renewed.
  private var lead: Duration { .seconds(10) + options.deadline * 2 }

  // MARK: Living

  package func newTorrent(_ artifact: ArtifactFacts) throws -> (any TorrentPlugin)? {
    ExternalTorrent(host: host, book: book, wallClock: services.wallClock)
  }

  package func tick(_ now: ContinuousClock.Instant) throws {
    let generation = begin()
    host.want()
    if host.isReady { renew(generation) }
    if let fault = host.takeFault() { throw ExternalReadingProblem(fault) }
  }

  private func renew(_ generation: UInt64) {
    renewing.add(book.due(services.wallClock())) { [weak self, book] facts in
      // It is asked at the hour of the renewal.
      guard let self, host.isReady else { return book.postpone(facts) }
      var facts = facts
      facts.now = services.wallClock()
      if case .failure = await answer(facts, generation, isRenewal: true) { book.postpone(facts) }
    }
  }
}

/// Renews answers, so many at a time.
private final class ExternalRenewals: Sendable {
  private struct State {
    var waiting: [PeerFacts] = []
    var workers = 0
  }

  private let most: Int
  private let state = Mutex(State())

  init(most: Int) { self.most = most }

  /// Each of these is renewed in its turn.
  func add(_ due: [PeerFacts], renew: @escaping @Sendable (PeerFacts) async -> Void) {
    guard !due.isEmpty else { return }
    let hired = state.withLock { state in
      state.waiting += due
      let hired = min(state.waiting.count, most) - state.workers
      state.workers += max(0, hired)
      return hired
    }
    for _ in 0..<max(0, hired) {
      Task { [self] in
        while let facts = next() { await renew(facts) }
      }
    }
  }

  /// The next in turn; a worker that gets none is done.
  private func next() -> PeerFacts? {
    state.withLock { state in
      let facts = state.waiting.popLast()
      if facts == nil { state.workers -= 1 }
      return facts
    }
  }
}

/// The plugin's part for one artifact.
private struct ExternalTorrent: TorrentPlugin {
  let host: ExternalHost
  let book: ExternalBook
  let wallClock: @Sendable () -> WallTime

  func newConnection(_ peer: PeerContext) throws -> (any PeerPlugin)? {
    ExternalPeer(peer, host: host, book: book, wallClock: wallClock)
  }
}

/// A connection: while it lives, so does the answer.
private final class ExternalPeer: PeerPlugin {
  var blockHooks: BlockHooks { [] }

  private let peer: PeerContext
  private let facts: PeerFacts
  private let host: ExternalHost
  private let book: ExternalBook
  private let wallClock: @Sendable () -> WallTime

  init(_ peer: PeerContext, host: ExternalHost, book: ExternalBook, wallClock: @escaping @Sendable () -> WallTime) {
    (self.peer, facts, self.host, self.book, self.wallClock) = (peer, peer.facts, host, book, wallClock)
    book.retain(facts)
    host.tell(.authorized, facts)
  }

  func onDisconnect(_ reason: DisconnectReason) {
    book.release(facts, now: wallClock())
    var facts = facts
    facts.now = wallClock()
    host.tell(.disconnect, facts, reason: reason.text, uploaded: peer.uploaded)
  }
}
