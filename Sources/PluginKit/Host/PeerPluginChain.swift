import Metainfo
import NIOCore
import PeerProtocol

/// The handlers of one connection, in the YAML's order: the one place where hooks are called and where a throw becomes a `PluginFailure`.
///
/// Lives on the connection's event loop. For each hook it answers with what the first handler said that did not pass.
package final class PeerPluginChain {
  private struct Member {
    let installed: InstalledPlugin
    let plugin: any PeerPlugin
    /// The plugin's number on the loop's lane.
    let number: UInt64
    /// The bits of its stamps: the number, and whether it is in shadow.
    let stamp: UInt64
    var requests = Tally()
    var pieces = Tally()
  }

  /// Calls of a hook that is asked for each block.
  private struct Tally {
    var calls: UInt64 = 0
    var told: UInt64 = 0
    var lastTimed: UInt64 = 0
  }

  /// Of the calls for each block one in so many is timed.
  private static let timedInterval: UInt64 = 64
  /// A call that takes longer has the next ones timed one by one, and stands for itself alone.
  private static let suspicious = Duration.microseconds(100)
  private static let requestMark = HookLane.mark(0, .onRequest)
  private static let pieceMark = HookLane.mark(0, .sentPiece)

  /// An answer with the plugin that gave it; nil where everybody passed.
  package struct Answered<Answer> {
    package let answer: Answer
    package let plugin: String
  }

  /// An answer of a plugin in shadow that would have refused something.
  package struct Shadowed {
    package let plugin: InstalledPlugin
    package let operation: Operation
    /// `deny` or `reject`.
    package let verdict: String
    package let reason: String

    package init(plugin: InstalledPlugin, operation: Operation, verdict: String, reason: String) {
      (self.plugin, self.operation, self.verdict, self.reason) = (plugin, operation, verdict, reason)
    }
  }

  /// Told of what plugins in shadow would have refused. On the connection's loop.
  package var onShadow: ((Shadowed) -> Void)?
  private var members: [Member] = []
  /// The indices of members that listen to `onRequest`, and to sent pieces.
  private var requestListeners: [Int] = []
  private var pieceListeners: [Int] = []
  /// The hooks about blocks that any member listens to.
  private(set) var listening: BlockHooks = []
  /// The plugins that said `.refuse` or left are gone from here.
  package var isEmpty: Bool { members.isEmpty }
  package var names: [String] { members.map(\.installed.name) }

  private let lane: HookLane
  private let connection: UInt64

  /// A chain of the connection with this number, on the lane of its loop.
  package init(lane: HookLane = HookLane(), connection: UInt64 = 0) {
    (self.lane, self.connection) = (lane, connection)
  }

  package func append(_ plugin: any PeerPlugin, of installed: InstalledPlugin) {
    let number = lane.number(of: installed.name)
    members.append(
      Member(installed: installed, plugin: plugin, number: number, stamp: number << 16 | (installed.isShadow ? HookLane.shadow : 0)))
    findListeners()
  }

  private func findListeners() {
    requestListeners = members.indices.filter { members[$0].plugin.blockHooks.contains(.onRequest) }
    pieceListeners = members.indices.filter { members[$0].plugin.blockHooks.contains(.sentPiece) }
    listening = members.reduce(into: []) { $0.formUnion($1.plugin.blockHooks) }
  }

  /// The first plugin of the chain that is tripped.
  package var tripped: InstalledPlugin? { members.first { $0.installed.isTripped && !$0.installed.isShadow }?.installed }

  /// The per-block path: no allocation, no lock, and a clock for one call in many.
  package func onRequest(_ block: Block) throws(PluginFailure) -> Answered<RequestAnswer>? {
    for index in requestListeners {
      if members[index].installed.isTripped {
        if let answered = tripped(members[index].installed) { return answered }
        continue
      }
      members[index].requests.calls &+= 1
      let began = beginTiming(members[index].requests)
      lane.enter(members[index].stamp | Self.requestMark, connection)
      defer {
        lane.leave()
        if let began { endTiming(.onRequest, began, \.requests, index) }
      }
      do {
        let answer = try members[index].plugin.onRequest(block)
        if case .pass = answer { continue }
        if members[index].installed.isShadow {
          shadow(answer, members[index].installed)
          continue
        }
        return Answered(answer: answer, plugin: members[index].installed.name)
      } catch {
        let failure = failure(members[index], .onRequest, error)
        if !members[index].installed.isShadow { throw failure }
      }
    }
    return nil
  }

  /// What a handler in shadow would have done with a request.
  private func shadow(_ answer: RequestAnswer, _ installed: InstalledPlugin) {
    switch answer {
    case .pass: break
    case .reject(let reason): shadow(installed, .request, "reject", reason)
    case .postpone, .handled: installed.statistics.countShadowed()
    }
  }

  /// A plugin that gives no reason has told the journal itself.
  private func shadow(_ installed: InstalledPlugin, _ operation: Operation, _ verdict: String, _ reason: String) {
    installed.statistics.countShadowed()
    guard !reason.isEmpty else { return }
    onShadow?(Shadowed(plugin: installed, operation: operation, verdict: verdict, reason: reason))
  }

  /// A block may have been granted before the trip: a handler that would have had a say in it denies it.
  private func tripped(_ installed: InstalledPlugin) -> Answered<RequestAnswer>? {
    guard !installed.isShadow, let judgement = installed.trippedJudgement(.request), !judgement.verdict.isAllowed else { return nil }
    return Answered(answer: .reject(judgement.verdict.reason), plugin: installed.name)
  }

  private func beginTiming(_ tally: Tally) -> ContinuousClock.Instant? {
    guard tally.calls % Self.timedInterval == 1 || lane.isAttentive else { return nil }
    return lane.clock()
  }

  private func endTiming(_ hook: Hook, _ began: ContinuousClock.Instant, _ tally: WritableKeyPath<Member, Tally>, _ index: Int) {
    let elapsed = lane.clock() - began
    guard members.indices.contains(index) else { return }
    let since = members[index][keyPath: tally].calls &- members[index][keyPath: tally].lastTimed
    members[index][keyPath: tally].lastTimed = members[index][keyPath: tally].calls
    let isSuspicious = elapsed > Self.suspicious
    if isSuspicious { lane.attend() }
    members[index].installed.statistics.returned(
      from: hook, after: elapsed, calls: 0, weight: isSuspicious ? 1 : Int(min(since, Self.timedInterval)))
  }

  package func addHandshake(_ additions: inout HandshakeAdditions) throws(PluginFailure) {
    for member in members {
      var theirs = additions
      _ = try call(member, .addHandshake) { try $0.addHandshake(&theirs) }
      if !member.installed.isShadow { additions = theirs }
    }
  }

  package func onConnected() throws(PluginFailure) { try tell(.onConnected) { try $0.onConnected() } }
  package func tick(_ now: ContinuousClock.Instant) throws(PluginFailure) {
    settle()
    try tell(.tick) { try $0.tick(now) }
  }

  /// The plugin that refuses the peer with its reason, or nil. Handlers that answered `.leave` are gone afterwards.
  package func onHandshake(_ handshake: PeerHandshake) throws(PluginFailure) -> Answered<String>? {
    try participate(.onHandshake) { try $0.onHandshake(handshake) }
  }
  /// As `onHandshake`.
  package func onExtensionHandshake(_ handshake: ExtendedHandshake) throws(PluginFailure) -> Answered<String>? {
    try participate(.onExtensionHandshake) { try $0.onExtensionHandshake(handshake) }
  }

  package func onChoke() throws(PluginFailure) -> Handling { try ask(.onChoke) { try $0.onChoke() } }
  package func onUnchoke() throws(PluginFailure) -> Handling { try ask(.onUnchoke) { try $0.onUnchoke() } }
  package func onInterested() throws(PluginFailure) -> Handling { try ask(.onInterested) { try $0.onInterested() } }
  package func onNotInterested() throws(PluginFailure) -> Handling { try ask(.onNotInterested) { try $0.onNotInterested() } }
  package func onHave(_ piece: Int) throws(PluginFailure) -> Handling { try ask(.onHave) { try $0.onHave(piece) } }
  package func onDontHave(_ piece: Int) throws(PluginFailure) -> Handling { try ask(.onDontHave) { try $0.onDontHave(piece) } }
  package func onBitfield(_ pieces: Bitfield) throws(PluginFailure) -> Handling { try ask(.onBitfield) { try $0.onBitfield(pieces) } }
  package func onHaveAll() throws(PluginFailure) -> Handling { try ask(.onHaveAll) { try $0.onHaveAll() } }
  package func onHaveNone() throws(PluginFailure) -> Handling { try ask(.onHaveNone) { try $0.onHaveNone() } }
  package func onAllowedFast(_ piece: Int) throws(PluginFailure) -> Handling { try ask(.onAllowedFast) { try $0.onAllowedFast(piece) } }
  package func onSuggest(_ piece: Int) throws(PluginFailure) -> Handling { try ask(.onSuggest) { try $0.onSuggest(piece) } }
  package func onReject(_ block: Block) throws(PluginFailure) -> Handling { try ask(.onReject) { try $0.onReject(block) } }
  package func onCancel(_ block: Block) throws(PluginFailure) -> Handling { try ask(.onCancel) { try $0.onCancel(block) } }
  package func onExtended(_ name: String, _ payload: ByteBuffer) throws(PluginFailure) -> Handling {
    try ask(.onExtended) { try $0.onExtended(name, payload) }
  }
  package func onUnknownMessage(_ id: UInt8, _ payload: ByteBuffer) throws(PluginFailure) -> Handling {
    try ask(.onUnknownMessage) { try $0.onUnknownMessage(id, payload) }
  }
  package func canDisconnect(_ cause: DisconnectCause) throws(PluginFailure) -> Handling {
    try ask(.canDisconnect) { try $0.canDisconnect(cause) }
  }

  /// The lowest priority that a plugin named, or nil.
  package func unchokePriority() throws(PluginFailure) -> Int? {
    var lowest: Int?
    for member in members {
      guard let priority = try call(member, .getUnchokePriority, { try $0.getUnchokePriority() }) ?? nil, !member.installed.isShadow else {
        continue
      }
      lowest = min(priority, lowest ?? priority)
    }
    return lowest
  }

  package func sent(_ message: SentMessage) {
    if case .piece = message { return sentPiece(message) }
    var hook: BlockHooks?
    if case .request = message { hook = .sentRequest }
    if let hook, !listening.contains(hook) { return }
    for member in members where hook.map({ member.plugin.blockHooks.contains($0) }) ?? true {
      told(member, message.hook) { $0.sent(message) }
    }
  }

  /// As quick as `onRequest`.
  private func sentPiece(_ message: SentMessage) {
    for index in pieceListeners where !members[index].installed.isTripped {
      members[index].pieces.calls &+= 1
      let began = beginTiming(members[index].pieces)
      lane.enter(members[index].stamp | Self.pieceMark, connection)
      members[index].plugin.sent(message)
      lane.leave()
      if let began { endTiming(.sentPiece, began, \.pieces, index) }
    }
  }

  package func sentPayload(_ bytes: Int) {
    for member in members { told(member, .sentPayload) { $0.sentPayload(bytes) } }
  }

  /// Tells everybody that it is over, and lets go of them.
  package func onDisconnect(_ reason: DisconnectReason) {
    settle()
    let leaving = members
    members.removeAll()
    findListeners()
    for member in leaving { told(member, .onDisconnect) { $0.onDisconnect(reason) } }
  }

  /// Adds what was counted for each block to the plugins' statistics.
  private func settle() {
    for index in members.indices {
      let statistics = members[index].installed.statistics
      statistics.count(.onRequest, times: members[index].requests.calls &- members[index].requests.told)
      statistics.count(.sentPiece, times: members[index].pieces.calls &- members[index].pieces.told)
      members[index].requests.told = members[index].requests.calls
      members[index].pieces.told = members[index].pieces.calls
    }
  }

  func tell(_ hook: Hook, _ body: (any PeerPlugin) throws -> Void) throws(PluginFailure) {
    for member in members { _ = try call(member, hook, body) }
  }

  private func ask(_ hook: Hook, _ body: (any PeerPlugin) throws -> Handling) throws(PluginFailure) -> Handling {
    for member in members {
      if try call(member, hook, body) == .handled, !member.installed.isShadow { return .handled }
    }
    return .pass
  }

  /// The first answer that is no pass. Those of plugins in shadow are not heeded.
  func answer<Answer: Equatable>(
    _ hook: Hook, _ kind: BlockHooks, unless pass: Answer, _ body: (any PeerPlugin) throws -> Answer
  ) throws(PluginFailure) -> Answered<Answer>? {
    guard listening.contains(kind) else { return nil }
    for member in members where member.plugin.blockHooks.contains(kind) {
      guard let answer = try call(member, hook, body), answer != pass, !member.installed.isShadow else { continue }
      return Answered(answer: answer, plugin: member.installed.name)
    }
    return nil
  }

  private func participate(
    _ hook: Hook, _ body: (any PeerPlugin) throws -> Participation
  ) throws(PluginFailure) -> Answered<String>? {
    var staying: [Member] = []
    for member in members {
      switch try call(member, hook, body) {
      case .stay, nil: staying.append(member)
      case .leave: continue
      case .refuse(let reason) where member.installed.isShadow:
        shadow(member.installed, .connect, "deny", reason)
        staying.append(member)
      case .refuse(let reason): return Answered(answer: reason, plugin: member.installed.name)
      }
    }
    members = staying
    findListeners()
    return nil
  }

  /// Calls a hook that is not asked for each block: stamped, counted, timed. Nil where the plugin is tripped, or threw in shadow.
  private func call<Answer>(
    _ member: Member, _ hook: Hook, _ body: (any PeerPlugin) throws -> Answer
  ) throws(PluginFailure) -> Answer? {
    guard !member.installed.isTripped else { return nil }
    let began = lane.clock()
    lane.enter(HookLane.mark(member.number, hook, isShadow: member.installed.isShadow), connection)
    defer {
      lane.leave()
      member.installed.statistics.returned(from: hook, after: lane.clock() - began)
    }
    do {
      return try body(member.plugin)
    } catch {
      let failure = failure(member, hook, error)
      if member.installed.isShadow { return nil }
      throw failure
    }
  }

  /// The same for hooks that cannot throw.
  private func told(_ member: Member, _ hook: Hook, _ body: (any PeerPlugin) -> Void) {
    guard !member.installed.isTripped else { return }
    let began = lane.clock()
    lane.enter(HookLane.mark(member.number, hook, isShadow: member.installed.isShadow), connection)
    body(member.plugin)
    lane.leave()
    member.installed.statistics.returned(from: hook, after: lane.clock() - began)
  }

  private func failure(_ member: Member, _ hook: Hook, _ error: any Error) -> PluginFailure {
    member.installed.statistics.countFault(hook)
    return PluginFailure(plugin: member.installed.name, hook: hook, error: error)
  }
}

@available(*, unavailable)
extension PeerPluginChain: Sendable {}
