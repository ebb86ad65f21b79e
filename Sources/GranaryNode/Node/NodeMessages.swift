import Control
import Engine
import Inventory
import Metainfo
import PeerProtocol
import PluginKit
import Plugins

/// What the pipeline's `messages` have to say to commands. Waits for the disk.
struct NodeMessages: Sendable {
  let node: Node

  /// How long a notice is passed on where nobody says how long.
  private static let usualTime: Int64 = 90 * 86_400

  /// Signs a notice and has it sent.
  func notify(_ order: NoticeOrder) throws -> (artifact: Artifact, document: NotifyDocument) {
    let artifact = try node.database.find(order.what)
    guard let plugin = node.engine.pipeline.messages.first(where: \.issuesNotices) else {
      throw Failure(.configuration, "no 'messages' in the pipeline has notices.key: there is nothing to sign notices with")
    }
    let content = try content(order)
    let start = max(WallTime.now.seconds, order.expires ?? 0)
    let notice: HeldNotice
    do {
      notice = try plugin.issue(content, for: artifact.infoHash, until: order.until ?? start + Self.usualTime)
    } catch let problem as NoticeProblem {
      throw Failure(.usage, problem.description)
    }
    var warnings: [String] = []
    do {
      try node.pluginValues.flush()
    } catch {
      warnings.append("the notice is sent, and is not stored yet: \(error)")
    }
    let document = NoticeDocument(notice)
    return (
      artifact,
      NotifyDocument(artifact: artifact.name, infoHash: artifact.infoHash.description, notice: document, warnings: warnings)
    )
  }

  private func content(_ order: NoticeOrder) throws -> NoticeContent {
    let text = order.text ?? ""
    switch order.kind {
    case .superseded: return NoticeContent(.superseded(by: try successor(order.successor ?? "")), text: text)
    case .withdraw: return NoticeContent(.withdraw, text: text)
    case .expires:
      guard let at = order.expires else { throw Failure(.usage, "nothing says when the artifact expires") }
      return NoticeContent(.expires(at: at), text: text)
    case .text: return NoticeContent(.text, text: text)
    }
  }

  private func successor(_ text: String) throws -> [UInt8] {
    if let bytes = Hex.decode(text), [SHA1Digest.byteCount, SHA256Digest.byteCount].contains(bytes.count) { return bytes }
    let infoHash = try node.database.find(text).infoHash
    return infoHash.v2?.bytes ?? infoHash.preferredWire.bytes
  }

  /// What peers have told.
  func document() throws -> MessagesDocument {
    let plugins = node.engine.pipeline.messages
    return MessagesDocument(
      notices: try plugins.flatMap(\.receivedNotices).map {
        .init(artifact: try name(of: $0.notice), infoHash: Hex.encode($0.notice.infoHash), notice: NoticeDocument($0))
      },
      received: plugins.flatMap(\.receivedMessages).map(MessagesDocument.Received.init))
  }

  /// What others' notices say of artifacts that are here, for people.
  func warnings(limit: Int) throws -> [String] {
    let notices = node.engine.pipeline.messages.flatMap(\.receivedNotices)
    let known = try notices.prefix(limit).compactMap { held in
      try name(of: held.notice).map { "notice on \($0), of \(held.signer): \(held.notice.content.summary)" }
    }
    return notices.count > limit ? known + ["\(notices.count - limit) further notices; see 'granary messages'"] : known
  }

  private func name(of notice: Notice) throws -> String? {
    let infoHash = InfoHash(v1: SHA1Digest(notice.infoHash), v2: SHA256Digest(notice.infoHash))
    return try infoHash.flatMap { try node.database.artifact(infoHash: $0) }?.name
  }
}

extension Pipeline {
  /// The entries that are `messages`.
  var messages: [MessagesPlugin] { plugins.filter { !$0.isTripped }.compactMap { $0.plugin as? MessagesPlugin } }
}

extension NoticeDocument {
  init(_ held: HeldNotice) {
    let notice = held.notice
    self.init(
      kind: notice.content.kind.word, sequence: notice.sequence, issued: NoticeContent.moment(notice.issued),
      until: NoticeContent.moment(notice.until), signer: held.signer, key: Hex.encode(notice.signer), ours: held.isOurs,
      summary: notice.content.summary)
    text = notice.content.text.isEmpty ? nil : notice.content.text
    switch notice.content.kind {
    case .superseded(let by): successor = Hex.encode(by)
    case .expires(let at): expires = NoticeContent.moment(at)
    case .withdraw, .text: break
    }
  }
}

extension MessagesDocument.Received {
  fileprivate init(_ message: ReceivedMessage) {
    let entries = (message.body.dictionary ?? [:]).map { (EscapedText.escape($0.key), Self.text($0.value)) }
    self.init(
      name: message.name, principal: message.principal, at: NoticeContent.moment(message.at), infoHash: message.artifact,
      body: Dictionary(entries) { first, _ in first })
  }

  private static func text(_ value: Bencode) -> String {
    switch value {
    case .integer(let number): "\(number)"
    case .bytes(let bytes): EscapedText.escape(bytes)
    case .list, .dictionary: EscapedText.escape(value.encoded())
    }
  }
}
