import ArgumentParser
import Control
import Foundation
import Inventory
import PluginKit
import Settings

struct Why: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Why a peer may or may not have an artifact.",
    discussion: """
      Asks the policy in force in the running node, else that of the configuration. What every guard says of every operation is listed, \
      also past the first refusal, which decides; so is what of the artifact is granted. Exits 0 whatever the verdict.
      """)

  @OptionGroup var common: CommonOptions
  @OptionGroup var at: NodeOptions
  @Argument(help: "An address, with or without a port; an identity; an address, a comma and identities; or the number of a connection.")
  var peer: String
  @Argument(help: "An info-hash, a unique start of one, or a name.") var artifact: String
  @Option(help: "connect, metadata, request, ask, announce or message (default: all; connect and request decide).") var operation: String?

  func run() async throws {
    let document: WhyDocument
    if let node = try at.remote(common) {
      document = try await node.why(peer: peer, artifact: artifact, operation: operation)
    } else {
      document = try await here(try Workplace(common))
    }
    if common.json { return try Console.print(document: document) }
    for line in WhyPrinter.lines(document) { Console.print(line) }
  }

  private func here(_ place: Workplace) async throws -> WhyDocument {
    guard let node = place.runningNode() else { return try offline(place) }
    return try await node.why(peer: peer, artifact: artifact, operation: operation)
  }

  private func offline(_ place: Workplace) throws -> WhyDocument {
    guard let database = try place.reading() else { throw Failure(.inputMissing, "no such artifact: \(artifact)") }
    let services = ServicesMaker(
      folder: place.configuration.settings.folder, journal: NoJournal(), stores: .read(database)
    ).services
    let approvals = ApprovalBook(try database.approvals(at: .now()))
    let pipeline = try place.configuration.makePipeline(services, generation: 0, approvals: approvals)
    return try Explainer(pipeline: pipeline, database: database).explain(peer: peer, artifact: artifact, operation: operation)
  }
}
