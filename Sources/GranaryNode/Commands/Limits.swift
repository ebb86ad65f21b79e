import ArgumentParser
import Control
import Foundation
import Settings

struct LimitsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "limits",
    abstract: "The rates of the running node, or other ones for now.",
    discussion: """
      What is set here holds over reloads, until it is reset or the node ends; the configuration is never written. A rate is written as in the \
      configuration, as '50 MiB/s', or 'none'. Exits 69 where no node runs.
      """)

  @OptionGroup var common: CommonOptions
  @OptionGroup var at: NodeOptions
  @Option(help: "Payload to all peers together.") var upload: String?
  @Option(help: "Payload that is asked of all peers together.") var download: String?
  @Option(help: "Upload of each artifact to all peers together.") var uploadPerArtifact: String?
  @Option(help: "Upload to each principal.") var uploadPerPrincipal: String?
  @Flag(help: "Have the configuration's rates again, but for those that are set beside this.") var reset = false

  func validate() throws { _ = try order() }

  func run() async throws {
    let node = try at.client(common)
    let order = try order()
    let document = order == LimitsOrder() ? try await node.limits() : try await node.setLimits(order)
    if common.json { return try Console.print(document: document) }
    for limit in document.limits {
      let name = limit.name.key.padding(toLength: 20, withPad: " ", startingAt: 0)
      let configured = limit.configured.map { "\(ByteText.describe($0))/s" } ?? "no limit"
      Console.print(name + limit.words + (limit.overridden ? "  (configured: \(configured))" : ""))
    }
  }

  private func order() throws -> LimitsOrder {
    let texts: [(LimitName, String?)] = [
      (.upload, upload), (.download, download), (.uploadPerArtifact, uploadPerArtifact), (.uploadPerPrincipal, uploadPerPrincipal),
    ]
    var order = LimitsOrder()
    for case (let name, let text?) in texts { order.set = (order.set ?? []) + [.init(name: name, rate: try Self.rate(text, name))] }
    if reset { order.reset = LimitName.allCases.filter { name in order.set?.contains { $0.name == name } != true } }
    if order.reset?.isEmpty == true { order.reset = nil }
    return order
  }

  private static func rate(_ text: String, _ name: LimitName) throws -> Int64? {
    if text == "none" { return nil }
    guard let rate = ByteRate(text) else {
      throw ValidationError("--\(name.key): '\(text)' is no rate: write '50 MiB/s', at least '16 KiB/s', or none")
    }
    return rate.bytesPerSecond
  }
}
