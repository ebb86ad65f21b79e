import ArgumentParser
import Control
import Plugins

struct Notify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell the peers of an artifact something, signed.",
    discussion: """
      The running node signs the notice with notices.key of its 'messages' and sends it to the artifact's peers that know gr_notice: to those \
      that are connected within a second, to others when they come, until it ends or the next notice on the artifact takes its place. It does \
      not change what this node or another one serves. Exits 69 where no node runs.
      """)

  @OptionGroup var common: CommonOptions
  @OptionGroup var at: NodeOptions
  @Argument(help: "An info-hash, a unique start of one, or a name.") var artifact: String
  @Option(name: .customLong("superseded-by"), help: "What takes its place: an info-hash, or an artifact of the inventory.")
  var successor: String?
  @Flag(help: "It should not be used any more.") var withdraw = false
  @Option(help: "When it should not be used any more: 2027-01-31, whose end is meant, or 2027-01-31T18:00:00Z.") var expires: String?
  @Option(help: "Words for people, beside one of these or alone; at most 1024 bytes.") var text: String?
  @Option(help: "When the notice ends (default: in 90 days, or 90 days after --expires).") var until: String?

  func validate() throws {
    guard [successor != nil, withdraw, expires != nil].count(where: { $0 }) <= 1 else {
      throw ValidationError("--superseded-by, --withdraw and --expires are one notice each")
    }
    guard successor != nil || withdraw || expires != nil || text?.isEmpty == false else {
      throw ValidationError("say what: --superseded-by, --withdraw, --expires or --text")
    }
  }

  func run() async throws {
    let order = try order()
    let document = try await at.client(common).notify(order)
    if common.json { return try Console.print(document: document) }
    let notice = document.notice
    Console.print("notice \(notice.sequence) on \(escaped(document.artifact)) (\(document.infoHash)): \(escaped(notice.summary))")
    Console.print("signed with \(notice.key), sent to its peers until \(notice.until)")
    for warning in document.warnings { Console.note("granary: warning: \(escaped(warning))") }
  }

  private func order() throws -> NoticeOrder {
    let kind: NoticeOrder.Kind = successor != nil ? .superseded : withdraw ? .withdraw : expires != nil ? .expires : .text
    var order = NoticeOrder(what: artifact, kind: kind)
    order.successor = successor
    order.expires = try expires.map { try Self.seconds($0, "--expires") }
    order.until = try until.map { try Self.seconds($0, "--until") }
    order.text = text
    return order
  }

  private static func seconds(_ text: String, _ option: String) throws -> Int64 {
    guard let seconds = NoticeContent.seconds(of: text) else {
      throw Failure(.usage, "\(option): '\(text)' is not a moment such as 2027-01-31 or 2027-01-31T18:00:00Z")
    }
    return seconds
  }
}
