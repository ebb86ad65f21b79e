import Metainfo
import NIOCore
import PeerProtocol
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import PluginKitTesting

/// Each check can fail: plugins that are broken in one way each, and what is found in them.
struct BrokenPluginTests {
  private static func recorder(
    _ type: any Plugin.Type = RecordingPlugin.self, _ change: (inout RecordingScript) -> Void
  ) -> PluginConformance {
    var script = RecordingScript()
    change(&script)
    return PluginConformance(type) { [script] _ in RecordingPlugin(script: script) }
  }

  private static func guarding(
    _ operations: Set<Operation> = [.request], _ judge: @escaping @Sendable (Operation, PeerFacts) throws -> Verdict
  )
    -> PluginConformance
  {
    recorder { ($0.guards, $0.judge) = (operations, judge) }
  }

  /// Broken in the way that the check is about. `order` is the host's own: see below.
  private static func broken(_ check: ConformanceCheck) -> PluginConformance? {
    switch check {
    case .making: PluginConformance(RecordingPlugin.self) { _ in throw SettingsProblem("there is no such file") }
    case .declaration: recorder(Terse.self) { $0.handlings[.onHave] = .handled }
    case .answers: PluginConformance(Speechless.self) { _ in Speechless() }
    case .emptiness: PluginConformance(RecordingPlugin.self, empty: { _ in open }, make: { _ in open })
    case .reason: guarding { _, _ in .deny("  ") }
    case .purity: guarding([.request], moody())
    case .validity: guarding { _, facts in facts.now < tomorrow ? .allow("today") : .deny("not today") }
    case .stages: guarding([.connect]) { _, facts in facts.artifact == nil ? .deny("for what?") : .allow("for this") }
    case .scope: guarding { _, _ in .allow("a part", scope: .part(PartialScope([term], layout: PolicyFixtures.layout(["x": 999])))) }
    case .waiting, .order: nil
    case .conversation: PluginConformance(Gullible.self) { _ in Gullible() }
    case .failure: recorder { $0.acts[.onHave] = { _ in throw SettingsProblem("on purpose") } }
    case .lateness: recorder { $0.acts[.onChoke] = { _ in idle(.milliseconds(3)) } }
    case .answer: recorder { $0.request = { peer, _ in .postpone(until: peer.now) } }
    case .debt: recorder { $0.request = { _, _ in .handled } }
    case .act: recorder { $0.acts[.onInterested] = { $0?.suggest(99) } }
    case .state: recorder { $0.state = [UInt8](repeating: 1, count: 1 << 20 + 1) }
    case .release: PluginConformance(Clinging.self) { _ in Clinging() }
    }
  }

  private static let tomorrow = WallTime(nanoseconds: PolicyFixtures.noon.nanoseconds + 43_200_000_000_000)
  private static let term = PartialScope.Term(pieces: Bitfield(count: 63, filled: true), files: Bitfield(count: 1, filled: true))
  private static var open: RecordingPlugin {
    var script = RecordingScript()
    script.guards = [.request]
    return RecordingPlugin(script: script)
  }

  /// Keeps the loop to itself for so long, by the clock that lateness is measured with.
  private static func idle(_ time: Duration) {
    let end = ContinuousClock.now + time
    while ContinuousClock.now < end {}
  }

  /// Says yes and no in turn.
  private static func moody() -> @Sendable (Operation, PeerFacts) -> Verdict {
    let count = Mutex(0)
    return { _, _ in
      let isOdd = count.withLock { count in
        count += 1
        return count % 2 == 1
      }
      return isOdd ? .allow("in a good mood", validUntil: tomorrow) : .deny("in a bad mood", validUntil: tomorrow)
    }
  }

  @Test(arguments: ConformanceCheck.allCases.filter { $0 != .waiting && $0 != .order })
  func whatIsBrokenInOneWayIsFoundInThatWay(check: ConformanceCheck) async throws {
    var conformance = try #require(Self.broken(check))
    // What is broken in them is broken towards everybody.
    conformance.world = ConformanceWorld(
      artifacts: Array(ConformanceWorld.artifacts.prefix(1)), peers: Array(ConformanceWorld.peers.prefix(2)))
    conformance.limits.lives = 4
    conformance.limits.settling = .milliseconds(5)
    if check == .lateness { conformance.limits.hook = .milliseconds(2) }
    let report = await conformance.run()
    let found = Set(report.findings.map(\.check))
    // On a machine that is busy other hooks may be late too, where so little is allowed; and what changes its mind does not hold what it promised.
    #expect(found.contains(check), "\(report)")
    #expect(found.subtracting([check, .lateness, .validity, .release]).isEmpty, "\(report)")
  }

  @Test func whatNeverAnswersAndNeverGivesUpIsFound() async {
    let gate = OpenGate()
    var conformance = Self.recorder { script in
      script.guards = [.connect]
      script.admit = { _ in
        await gate.wait()
        return .allow("at last")
      }
    }
    conformance.limits.admit = .milliseconds(10)
    conformance.limits.lives = 1
    let report = await conformance.run()
    await gate.open()
    #expect(Set(report.findings.filter { $0.check == .waiting }.map(\.expected)).count == 2, "\(report)")
  }

  @Test func aHostThatBreaksItsOwnPromisesIsFound() throws {
    let log = ProbeLog()
    let context = PolicyFixtures.context(on: PluginConformance.loops.next())
    var script = RecordingScript()
    let inner = Mutex<(@Sendable () -> Void)?>(nil)
    script.acts[.onHave] = { _ in inner.withLock { $0 }?() }
    let torrent = try #require(try RecordingPlugin(script: script).newTorrent(context.artifact))
    let probe = ProbePeer(try #require(try torrent.newConnection(context)), peer: context, log: log, declared: [])
    let again = UncheckedHook { _ = try? probe.onHave(1) }
    inner.withLock { hook in
      hook = {
        inner.withLock { $0 = nil }
        again.call()
      }
    }
    _ = try probe.onHave(0)
    probe.onDisconnect(DisconnectReason(.remote, "gone"))
    probe.onDisconnect(DisconnectReason(.remote, "gone again"))
    #expect(log.findings.map(\.check) == [.order, .order])
    #expect(log.findings.map(\.hook) == [.onHave, .onDisconnect])
    #expect(log.findings.first?.happened == "it comes while on_have runs")
  }

  @Test func findingsReadWell() {
    let finding = ConformanceFinding(.debt, .onRequest, expected: "it to be paid", happened: "it is owed")
    #expect(finding.description == "debt in on_request: expected it to be paid; happened: it is owed")
    #expect(CleanText.flaw(of: "fine") == nil)
    #expect(CleanText.flaw(of: "\u{1B}[2J")?.contains("control characters") == true)
  }
}

/// Calls a hook from within a hook, on one thread.
private struct UncheckedHook: @unchecked Sendable {
  let call: () -> Void
  init(_ call: @escaping () -> Void) { self.call = call }
}

/// Holds up whoever comes until it is opened.
private actor OpenGate {
  private var isOpen = false
  private var held: [CheckedContinuation<Void, Never>] = []

  func wait() async {
    guard !isOpen else { return }
    await withCheckedContinuation { held.append($0) }
  }

  func open() {
    isOpen = true
    for continuation in held { continuation.resume() }
    held = []
  }
}

/// Declares less than it does.
private struct Terse: Plugin {
  static let name = "terse"
  static let hooks: [Hook] = [.onRequest]
  init(settings: NoSettings, services: PluginServices) throws {}
}

/// Guards, and has nothing to say.
private struct Speechless: Plugin {
  static let name = "speechless"
  let guards: Set<Operation> = [.request]
  init() {}
  init(settings: NoSettings, services: PluginServices) throws {}
}

/// Takes anything for a proof.
private struct Gullible: Plugin {
  static let name = "gullible"
  let conversation: ExtendedMessage? = ExtendedMessage(name: "xy_words", maximumSize: 16)
  init() {}
  init(settings: NoSettings, services: PluginServices) throws {}
  func converse(_ opening: ConversationOpening, _ facts: PeerFacts) throws -> (any PeerConversation)? { Chat() }

  private final class Chat: PeerConversation {
    let offer = Bencode.integer(1)
    let isForAll = true
    func isNeeded(for facts: PeerFacts) -> Bool { true }
    func onOffer(_ offer: Bencode?) throws -> ConversationStep { .wait }
    func onMessage(_ payload: ByteBuffer) throws -> ConversationStep {
      .proven(ConversationProof(identities: [Identity(trust: "words", name: "key:friend")]))
    }
  }
}

/// Holds what it had for a connection for ever.
private struct Clinging: Plugin, TorrentPlugin {
  static let name = "clinging"
  init() {}
  init(settings: NoSettings, services: PluginServices) throws {}
  func newTorrent(_ artifact: ArtifactFacts) throws -> (any TorrentPlugin)? { self }
  func newConnection(_ peer: PeerContext) throws -> (any PeerPlugin)? { Peer() }
  func tick(_ now: ContinuousClock.Instant) throws {}

  private final class Peer: PeerPlugin {
    private var itself: Peer?
    init() { itself = self }
  }
}
