import ArgumentParser
import Control

struct MessagesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "messages", abstract: "What peers have told the running node: notices, and what it stores of custom messages.",
    discussion: "Exits 69 where no node runs.")

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let document = try await Workplace(common).requireRunningNode().messages()
    if common.json { return try Console.print(document: document) }
    for entry in document.notices {
      let notice = entry.notice
      Console.print(
        "notice  \(escaped(entry.artifact ?? entry.infoHash))  \(escaped(notice.summary))  of \(escaped(notice.signer)), until \(notice.until)"
      )
    }
    for message in document.received {
      let body = message.body.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
      Console.print("\(message.name)  \(escaped(message.principal))  \(message.at)  \(escaped(body))")
    }
  }
}
