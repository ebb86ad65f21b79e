import NIOCore
internal import PluginKit

/// What came of a question.
enum ExternalOutcome: Sendable {
  /// The program has answered.
  case answered(ExternalIncoming.Reply)
  /// It has not, or not so that it can be read; why.
  case unanswered(String)
}

/// The conversation with a program, whatever runs it: which questions it has, what it owes, when it is started, ended, and started again.
/// A value with a clock; IO is elsewhere.
///
///     idle ──(wanted)──> starting ──> greeting ──(its hello)──> ready
///      ^                    ^             │                       │ ends, hangs, speaks what is none
///      │ not wanted         └──(pause)── paused <─────────────────┘
struct ExternalSession: Sendable {
  /// Something for the host to do.
  enum Effect: Sendable {
    case complete(@Sendable (ExternalOutcome) -> Void, ExternalOutcome)
    case started(pid: Int32)
    case ready
    /// It has ended; for how long it is not started again.
    case ended(String, pause: Duration)
    case line(String)
    case count(String)
  }

  private enum Phase {
    /// Nobody has wanted anything for some time.
    case idle
    /// It has ended, and is started again then.
    case paused(until: ContinuousClock.Instant)
    case starting
    /// Its hello is awaited until then.
    case greeting(by: ContinuousClock.Instant)
    case ready(since: ContinuousClock.Instant)
    /// Nobody will ever want anything.
    case over
  }

  private struct Question {
    let frame: [UInt8]
    let deadline: ContinuousClock.Instant
    let complete: @Sendable (ExternalOutcome) -> Void
  }

  /// An interpreter may have much to read before it says hello.
  static let startTime = Duration.seconds(10)
  /// Who is not asked for so long is not wanted: the plugin is tripped, or another generation has its place.
  static let lease = Duration.seconds(30)
  /// A question is left open for so many deadlines at most, and for so long at least; a program that takes longer hangs.
  private static let patience = (deadlines: 4, least: Duration.seconds(5))
  private static let hangCheck = Duration.milliseconds(250)
  /// Questions that wait for a place, by places.
  private static let waitingPerPlace = 16
  private static let eventBytes = 64 << 10

  private let options: ExternalOptions
  private let decoder: ExternalFrameDecoder
  private var phase = Phase.idle
  private var pause: Duration
  /// It runs and must not: whoever runs it has to be told so once, however late that asks.
  private var mustGo = false
  /// Why it does not run, or did not when it was last asked.
  private var why = "it has not been started yet"
  private var leaseEnds: ContinuousClock.Instant
  private var received = ByteBuffer()
  private var output: [UInt8] = []
  private var errors: ErrorLines
  private var events: Set<ExternalEvent> = []
  private var effects: [Effect] = []

  /// Without an answer, and in time.
  private var questions: [UInt64: Question] = [:]
  /// What the program has been given and has not answered, in time or not, and when it was given.
  private var given: [UInt64: ContinuousClock.Instant] = [:]
  private var urgent: [UInt64] = []
  private var renewals: [UInt64] = []
  private var nextDeadline: ContinuousClock.Instant?
  private var nextHangCheck: ContinuousClock.Instant

  init(_ options: ExternalOptions, now: ContinuousClock.Instant) {
    self.options = options
    decoder = ExternalFrameDecoder(longest: options.frame)
    pause = options.restart.from
    errors = ErrorLines(now: now)
    (leaseEnds, nextHangCheck) = (now, now)
  }

  /// What there is to do since the last time.
  mutating func takeEffects() -> [Effect] {
    defer { effects = [] }
    return effects
  }

  /// Whether it can be asked now.
  var isReady: Bool { if case .ready = phase { true } else { false } }
  /// Questions that it has or that wait for it.
  var openQuestions: Int { questions.count }

  // MARK: What we want of it

  /// It is wanted, for some time from now.
  mutating func want(_ now: ContinuousClock.Instant) {
    leaseEnds = now + Self.lease
    if case .idle = phase { phase = .starting }
  }

  /// It will never be wanted again.
  mutating func close() {
    phase = .over
    abandonAll("the program is not asked any more")
  }

  /// Puts a question, whose outcome is told once. Questions that renew an answer come behind others, and have half of the places.
  mutating func ask(
    _ id: UInt64, _ frame: [UInt8], isRenewal: Bool, now: ContinuousClock.Instant,
    complete: @escaping @Sendable (ExternalOutcome) -> Void
  ) {
    want(now)
    let deadline = now + options.deadline
    if let obstacle = obstacle(deadline, now) {
      effects.append(.complete(complete, .unanswered(obstacle)))
      return
    }
    effects.append(.count("questions"))
    questions[id] = Question(frame: frame, deadline: deadline, complete: complete)
    if isRenewal { renewals.append(id) } else { urgent.append(id) }
    nextDeadline = min(deadline, nextDeadline ?? deadline)
  }

  private func obstacle(_ deadline: ContinuousClock.Instant, _ now: ContinuousClock.Instant) -> String? {
    switch phase {
    case .over: return "the program is not asked any more"
    case .paused(let until) where until >= deadline:
      return "the program does not run (\(why)); it is started again in \(Self.words(for: until - now))"
    case .idle, .paused, .starting, .greeting, .ready: break
    }
    guard urgent.count + renewals.count < options.inFlight * Self.waitingPerPlace else {
      return "the program has \(given.count) questions, and too many wait"
    }
    return nil
  }

  /// Nobody waits for the outcome any more.
  mutating func cancel(_ id: UInt64) {
    guard let question = questions.removeValue(forKey: id) else { return }
    effects.append(.complete(question.complete, .unanswered("the connection was gone before the program had answered")))
  }

  /// Tells it of something, if it wants to know and takes what it is told.
  mutating func tell(_ event: ExternalEvent, _ frame: @autoclosure () -> [UInt8]?) {
    guard isReady, events.contains(event) else { return }
    guard output.count < Self.eventBytes, let frame = frame() else { return effects.append(.count("dropped_events")) }
    output += frame
  }

  // MARK: How it goes on

  mutating func turn(mayWrite: Bool, now: ContinuousClock.Instant) -> ChildTurn {
    expire(now)
    endLease(now)
    lookForHang(now)
    if case .paused(let until) = phase, until <= now, !mustGo { phase = .starting }
    give(now)
    let isReading = errors.mayRead(now)
    var turn = ChildTurn(wish, wake: wake(now, isReading: isReading), readsErrors: isReading)
    mustGo = false
    if mayWrite, turn.wish == .up { swap(&turn.output, &output) }
    return turn
  }

  private var wish: ChildTurn.Wish {
    switch phase {
    case .idle: .down(isUrgent: false)
    case .paused: .down(isUrgent: true)
    case .starting, .greeting, .ready: .up
    case .over: .over
    }
  }

  private func wake(_ now: ContinuousClock.Instant, isReading: Bool) -> ContinuousClock.Instant? {
    var moments = [nextDeadline, given.isEmpty ? nil : nextHangCheck, isReading ? nil : now + Self.hangCheck]
    switch phase {
    case .paused(let until): moments += [until, leaseEnds]
    case .greeting(let by): moments += [by, leaseEnds]
    case .starting, .ready: moments.append(leaseEnds)
    case .idle, .over: break
    }
    return moments.compactMap { $0 }.min()
  }

  private mutating func expire(_ now: ContinuousClock.Instant) {
    guard let due = nextDeadline, due <= now else { return }
    for (id, question) in questions where question.deadline <= now {
      questions[id] = nil
      effects.append(.count("late_answers"))
      effects.append(.complete(question.complete, .unanswered(silence(given[id] != nil))))
    }
    urgent.removeAll { questions[$0] == nil }
    renewals.removeAll { questions[$0] == nil }
    nextDeadline = questions.values.map(\.deadline).min()
  }

  private func silence(_ wasGiven: Bool) -> String {
    let limit = Self.words(for: options.deadline)
    switch phase {
    case .ready where wasGiven: return "the program has not answered within \(limit)"
    case .ready: return "the program has \(given.count) other questions, and no place was free within \(limit)"
    case .idle, .paused, .starting, .greeting, .over: return "the program was not ready within \(limit) (\(why))"
    }
  }

  private mutating func endLease(_ now: ContinuousClock.Instant) {
    guard leaseEnds <= now else { return }
    switch phase {
    case .idle, .over: return
    case .paused, .starting, .greeting, .ready: break
    }
    (phase, why) = (.idle, "nobody wanted it any more")
    abandonAll("the program was ended, for nobody wanted it any more")
  }

  private mutating func lookForHang(_ now: ContinuousClock.Instant) {
    switch phase {
    case .greeting(let by) where by <= now: fail("has not said hello within \(Self.words(for: Self.startTime))", now)
    case .ready where !given.isEmpty && nextHangCheck <= now:
      nextHangCheck = now + Self.hangCheck
      let patience = max(options.deadline * Self.patience.deadlines, Self.patience.least)
      guard let oldest = given.values.min(), now - oldest >= patience else { return }
      fail("hangs: it has left a question open for \(Self.words(for: patience))", now)
    case .idle, .paused, .starting, .greeting, .ready, .over: break
    }
  }

  /// Hands out questions as far as there are places.
  private mutating func give(_ now: ContinuousClock.Instant) {
    guard isReady else { return }
    while given.count < options.inFlight, let id = next() {
      guard let question = questions[id] else { continue }
      if given.isEmpty { nextHangCheck = now + Self.hangCheck }
      given[id] = now
      output += question.frame
    }
  }

  private mutating func next() -> UInt64? {
    if !urgent.isEmpty { return urgent.removeFirst() }
    guard !renewals.isEmpty, given.count < max(1, options.inFlight / 2) else { return nil }
    return renewals.removeFirst()
  }

  // MARK: What it does

  mutating func started(pid: Int32, now: ContinuousClock.Instant) {
    phase = .greeting(by: now + Self.startTime)
    why = "it is being started"
    effects.append(.started(pid: pid))
    if let hello = ExternalOutgoing.frame(ExternalOutgoing.Hello(options), longest: options.frame) { output = hello }
  }

  mutating func ended(_ how: String, now: ContinuousClock.Instant) {
    fail(how, now)
    mustGo = false
  }

  mutating func complained(_ bytes: [UInt8], now: ContinuousClock.Instant) {
    effects += errors.take(bytes, now).map(Effect.line)
  }

  mutating func received(_ bytes: [UInt8], now: ContinuousClock.Instant) {
    received.writeBytes(bytes)
    do throws(ExternalFrameProblem) {
      while let frame = try decoder.next(&received) { take(frame, now) }
    } catch {
      fail("has sent \(error)", now)
    }
    received.discardReadBytes()
  }

  private mutating func take(_ frame: [UInt8], _ now: ContinuousClock.Instant) {
    do throws(ExternalReadingProblem) {
      let head = try ExternalIncoming.read(ExternalIncoming.Head.self, from: frame)
      switch (phase, head.type, head.id) {
      case (.greeting, "hello", _): try greet(ExternalIncoming.read(ExternalIncoming.Hello.self, from: frame), now)
      case (.ready, "answer", let id?): try answer(id, frame)
      case (.greeting, _, _): throw ExternalReadingProblem("its first frame is no hello")
      case (.ready, "answer", nil): throw ExternalReadingProblem("an answer without an id")
      case (.ready, _, _): throw ExternalReadingProblem("'\(PlainText.shown(head.type, longest: 40))' is nothing that it may say")
      case (.idle, _, _), (.paused, _, _), (.starting, _, _), (.over, _, _): break
      }
    } catch {
      fail("has sent what cannot be read: \(error)", now)
    }
  }

  private mutating func greet(_ hello: ExternalIncoming.Hello, _ now: ContinuousClock.Instant) throws(ExternalReadingProblem) {
    guard hello.version == ExternalOutgoing.version else {
      throw ExternalReadingProblem("it speaks version \(hello.version) of the protocol, and we speak \(ExternalOutgoing.version)")
    }
    let missing = options.guards.map(\.rawValue).filter { !hello.operations.contains($0) }.sorted()
    guard missing.isEmpty else {
      let names = missing.joined(separator: ", ")
      throw ExternalReadingProblem("it does not answer for \(names), which its entry guards: leave that out of 'guards'")
    }
    events = []
    for name in hello.events {
      guard let event = ExternalEvent(rawValue: name) else {
        throw ExternalReadingProblem("there is no event '\(PlainText.shown(name, longest: 40))'")
      }
      events.insert(event)
    }
    phase = .ready(since: now)
    effects.append(.ready)
  }

  /// A program may be late. It may not answer what it was not asked, or answer twice: who floods us is not read for long.
  private mutating func answer(_ id: UInt64, _ frame: [UInt8]) throws(ExternalReadingProblem) {
    guard given.removeValue(forKey: id) != nil else { throw ExternalReadingProblem("an answer to \(id), which it does not have to answer") }
    guard let question = questions.removeValue(forKey: id) else { return }
    // What is wrong with one answer is that question's own: a peer must not be able to end the program for the others.
    do throws(ExternalReadingProblem) {
      let reply = try ExternalIncoming.read(ExternalIncoming.Reply.self, from: frame)
      effects.append(.complete(question.complete, .answered(reply)))
    } catch {
      effects.append(.count("unreadable_answers"))
      effects.append(.complete(question.complete, .unanswered("the program's answer cannot be read: \(error)")))
    }
  }

  // MARK: Its end

  private mutating func fail(_ how: String, _ now: ContinuousClock.Instant) {
    switch phase {
    case .idle, .paused, .over: return
    case .starting, .greeting: break
    // Who has run for long begins with a short pause again.
    case .ready(let since): if now - since >= options.restart.to { pause = options.restart.from }
    }
    let until = now + pause
    effects += errors.end().map(Effect.line)
    effects.append(.ended(how, pause: pause))
    (phase, why, mustGo) = (.paused(until: until), "it \(how)", true)
    pause = min(pause * 2, options.restart.to)
    let given = given
    abandon("the program \(how)") { given[$0] != nil || $1.deadline <= until }
    forget()
  }

  private mutating func abandonAll(_ reason: String) {
    abandon(reason) { _, _ in true }
    forget()
  }

  private mutating func forget() {
    (given, events) = ([:], [])
    output = []
    received.clear()
  }

  private mutating func abandon(_ reason: String, _ isMeant: (UInt64, Question) -> Bool) {
    let meant = questions.filter { isMeant($0.key, $0.value) }
    for (id, question) in meant {
      questions[id] = nil
      effects.append(.complete(question.complete, .unanswered(reason)))
    }
  }

  private static func words(for duration: Duration) -> String {
    duration < .seconds(1)
      ? "\(Int((duration / .milliseconds(1)).rounded(.up))) ms" : "\(Int((duration / .seconds(1)).rounded(.up))) s"
  }
}
