import ArgumentParser
import Control
import Foundation
import PluginKit
import Settings

struct Why: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Why a peer may or may not have an artifact.",
    discussion: """
      Asks the policy in force in the running node, else that of the configuration. What every guard says is listed, also past the first \
      refusal, which decides. Exits 0 whatever the verdict.
      """)

  @OptionGroup var common: CommonOptions
  @Argument(help: "An address, with or without a port; an identity; or an address, a comma and identities.") var peer: String
  @Argument(help: "An info-hash, a unique start of one, or a name.") var artifact: String
  @Option(help: "connect, metadata, request, ask, announce or message (default: connect and request).") var operation: String?

  func run() async throws {
    let place = try Workplace(common)
    let document: WhyDocument
    if let node = place.runningNode() {
      document = try await node.why(peer: peer, artifact: artifact, operation: operation)
    } else {
      document = try offline(place)
    }
    if common.json { return try Console.print(document: document) }
    print(document)
  }

  private func offline(_ place: Workplace) throws -> WhyDocument {
    guard let database = try place.reading() else { throw Failure(.inputMissing, "no such artifact: \(artifact)") }
    let services = ServicesMaker(
      folder: place.configuration.settings.folder, journal: NoJournal(), stores: .read(database)
    ).services
    let pipeline = try place.configuration.makePipeline(services, generation: 0)
    return try Explainer(pipeline: pipeline, database: database).explain(peer: peer, artifact: artifact, operation: operation)
  }

  private func print(_ document: WhyDocument) {
    let by = document.plugin.map { " by \($0)" } ?? ""
    Console.print("\(document.verdict)\(by): \(escaped(document.reason))")
    if let rule = document.rule { Console.print("rule  \(rule)") }
    if let place = document.place { Console.print("place \(place)") }
    for answer in document.answers {
      let scope = answer.scope.map { " [\($0)]" } ?? ""
      Console.print("  \(answer.operation): \(answer.plugin) says \(answer.verdict)\(scope): \(escaped(answer.reason))")
    }
  }
}
