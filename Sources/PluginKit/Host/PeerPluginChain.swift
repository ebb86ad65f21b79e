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
    var requests: UInt64 = 0
  }

  /// An answer with the plugin that gave it; nil where everybody passed.
  package struct Answered<Answer> {
    package let answer: Answer
    package let plugin: String
  }

  private var members: [Member] = []
  /// The plugins that said `.refuse` or left are gone from here.
  package var isEmpty: Bool { members.isEmpty }
  package var names: [String] { members.map(\.installed.name) }

  /// Told whose hook runs, so that what a hook asks for has a name; nil where nobody asks.
  private let context: PeerContext?

  package init(context: PeerContext? = nil) {
    self.context = context
  }

  package func append(_ plugin: any PeerPlugin, of installed: InstalledPlugin) {
    members.append(Member(installed: installed, plugin: plugin))
  }

  /// The per-block path: no allocation, no clock, no lock.
  package func onRequest(_ block: Block) throws(PluginFailure) -> Answered<RequestAnswer>? {
    for index in members.indices {
      members[index].requests &+= 1
      context?.speaker = members[index].installed.name
      do {
        let answer = try members[index].plugin.onRequest(block)
        if answer != .pass { return Answered(answer: answer, plugin: members[index].installed.name) }
      } catch {
        throw failure(members[index], .onRequest, error)
      }
    }
    return nil
  }

  package func addHandshake(_ additions: inout HandshakeAdditions) throws(PluginFailure) {
    for member in members {
      context?.speaker = member.installed.name
      do {
        try member.plugin.addHandshake(&additions)
      } catch {
        throw failure(member, .addHandshake, error)
      }
      member.installed.statistics.count(.addHandshake)
    }
  }

  package func onConnected() throws(PluginFailure) { try tell(.onConnected) { try $0.onConnected() } }
  package func tick(_ now: ContinuousClock.Instant) throws(PluginFailure) { try tell(.tick) { try $0.tick(now) } }

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
    try tell(.getUnchokePriority) { plugin in
      if let priority = try plugin.getUnchokePriority() { lowest = min(priority, lowest ?? priority) }
    }
    return lowest
  }

  package func sent(_ message: SentMessage) {
    for member in members {
      context?.speaker = member.installed.name
      member.plugin.sent(message)
    }
  }

  package func sentPayload(_ bytes: Int) {
    for member in members {
      context?.speaker = member.installed.name
      member.plugin.sentPayload(bytes)
    }
  }

  /// Tells everybody that it is over, and lets go of them.
  package func onDisconnect(_ reason: DisconnectReason) {
    let leaving = members
    members.removeAll()
    for member in leaving {
      member.plugin.onDisconnect(reason)
      member.installed.statistics.count(.onDisconnect)
      member.installed.statistics.count(.onRequest, times: member.requests)
    }
  }

  private func tell(_ hook: Hook, _ body: (any PeerPlugin) throws -> Void) throws(PluginFailure) {
    _ = try ask(hook) { plugin in
      try body(plugin)
      return .pass
    }
  }

  private func ask(_ hook: Hook, _ body: (any PeerPlugin) throws -> Handling) throws(PluginFailure) -> Handling {
    for member in members {
      member.installed.statistics.count(hook)
      context?.speaker = member.installed.name
      do {
        if try body(member.plugin) == .handled { return .handled }
      } catch {
        throw failure(member, hook, error)
      }
    }
    return .pass
  }

  private func participate(
    _ hook: Hook, _ body: (any PeerPlugin) throws -> Participation
  ) throws(PluginFailure) -> Answered<String>? {
    var staying: [Member] = []
    for member in members {
      member.installed.statistics.count(hook)
      context?.speaker = member.installed.name
      do {
        switch try body(member.plugin) {
        case .stay: staying.append(member)
        case .leave: continue
        case .refuse(let reason): return Answered(answer: reason, plugin: member.installed.name)
        }
      } catch {
        throw failure(member, hook, error)
      }
    }
    members = staying
    return nil
  }

  private func failure(_ member: Member, _ hook: Hook, _ error: any Error) -> PluginFailure {
    member.installed.statistics.countFault(hook)
    return PluginFailure(plugin: member.installed.name, hook: hook, error: error)
  }
}

@available(*, unavailable)
extension PeerPluginChain: Sendable {}
