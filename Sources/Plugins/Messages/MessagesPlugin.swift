import Metainfo
package import PluginKit

/// Sends and takes extended messages (BEP 10) that the configuration declares, and has two of its own: notices of operators (`gr_notice`) and
/// questions about the inventory (`gr_have`).
///
/// A handler. Custom messages are the operation `message`: every guard of it must allow the peer before anything is sent or taken, which the
/// host sees to in both directions. Who of those may send what is then said here, name by name, and who is in no list may send nothing.
package struct MessagesPlugin: Plugin {
  package static let name = "messages"
  package static let summary =
    "extended messages of your own, signed notices of operators (gr_notice), questions about the inventory (gr_have)"
  package static let hooks: [Hook] = [
    .newTorrent, .newConnection, .onInterested, .onHave, .onBitfield, .onHaveAll, .onExtended, .tick, .onDisconnect,
  ]

  package let extendedMessages: [ExtendedMessage]
  package let warnings: [String]
  private let desk: MessagesDesk

  package init(settings: MessagesSettings, services: PluginServices) throws {
    var problems: [SettingsProblem] = []
    let custom = Self.custom(settings.custom, problems: &problems)
    let notices = try settings.notices.flatMap { try NoticeBook.compile($0, services, problems: &problems) }
    let have = settings.have.flatMap { HaveDesk.compile($0, services, problems: &problems) }
    guard problems.isEmpty else { throw SettingsProblems(problems) }
    desk = MessagesDesk(
      custom: custom, received: ReceivedBook(store: services.store), notices: notices, have: have, journal: services.journal,
      counters: services.counters, nodeName: services.nodeName, wallClock: services.wallClock)
    extendedMessages = Self.received(desk)
    warnings = Self.warnings(desk)
  }

  package func newTorrent(_ artifact: ArtifactFacts) throws -> (any TorrentPlugin)? { MessagesTorrent(desk: desk) }

  private static func custom(_ settings: [Placed<CustomMessageSettings>], problems: inout [SettingsProblem]) -> [CustomMessage] {
    var messages: [CustomMessage] = []
    for (index, setting) in settings.enumerated() {
      guard let message = CustomMessage.compile(setting, path: "custom[\(index)]", problems: &problems) else { continue }
      if messages.contains(where: { $0.name == message.name }) {
        problems.append(SettingsProblem("custom[\(index)].name: '\(message.name)' is declared twice", place: setting.value.name.place))
      }
      messages.append(message)
    }
    return messages
  }

  /// What nobody may send is not offered: it has no id that a peer could send it under.
  private static func received(_ desk: MessagesDesk) -> [ExtendedMessage] {
    let custom = desk.custom.filter { !$0.senders.isEmpty }.map { ExtendedMessage(name: $0.name, maximumSize: $0.maximumSize) }
    let notice = desk.notices.flatMap { $0.takes ? ExtendedMessage(name: Notice.name, maximumSize: Notice.maximumSize) : nil }
    let have = desk.have.flatMap {
      $0.senders.isEmpty ? nil : ExtendedMessage(name: HaveMessage.name, maximumSize: HaveMessage.maximumSize)
    }
    return custom + [notice, have].compactMap { $0 }
  }

  private static func warnings(_ desk: MessagesDesk) -> [String] {
    var warnings = desk.custom.filter { $0.senders.isEmpty && $0.occasions.isEmpty }.map {
      "messages: \($0.name) is never sent, and nobody may send it"
    }
    if desk.notices?.isIdle == true { warnings.append("messages: notices has neither a key to sign with nor keys that it trusts") }
    if desk.have?.senders.isEmpty == true { warnings.append("messages: have.from is empty: nobody may ask") }
    return warnings
  }
}

extension MessagesPlugin {
  /// Whether it can sign notices.
  package var issuesNotices: Bool { desk.notices?.issues == true }

  /// Makes a notice of ours, keeps it, and has it sent to the peers of the artifact: those that are connected within a second, others when they
  /// come, until it ends. Throws where there is no key, or the notice is none that can be.
  package func issue(_ content: NoticeContent, for artifact: InfoHash, until: Int64) throws -> HeldNotice {
    guard let notices = desk.notices else { throw NoticeProblem(description: "no entry of the pipeline has notices.key") }
    return try notices.issue(content, for: artifact, until: until, now: desk.wallClock())
  }

  /// The notices that hold for an artifact now: ours and those of keys that are trusted.
  package func notices(of artifact: InfoHash) -> [HeldNotice] { desk.notices?.notices(of: artifact, now: desk.wallClock()) ?? [] }

  /// Those of others that hold for any artifact now.
  package var receivedNotices: [HeldNotice] { desk.notices?.received(now: desk.wallClock()) ?? [] }

  /// What was kept of messages.
  package var receivedMessages: [ReceivedMessage] { desk.received.all }
}

/// The plugin's part for one artifact.
private struct MessagesTorrent: TorrentPlugin {
  let desk: MessagesDesk

  func newConnection(_ peer: PeerContext) throws -> (any PeerPlugin)? { MessagesPeer(peer, desk: desk) }
}
