import ArgumentParser
import Catalogue

struct CatalogueShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show a catalogue, and who has signed it.",
    discussion: "Exits 65 where it is no catalogue, or --key is given and none of the keys has signed it.")

  @OptionGroup var common: CommonOptions
  @Argument(help: "A URL or a file.") var what: String
  @Option(help: "A public key that may sign it, 64 hexadecimal digits; may be repeated.") var key: [String] = []

  func run() async throws {
    let keys = CatalogueKeys(try CatalogueSource.keys(key))
    let source = try await CatalogueSource.read(what, config: common.config)
    let isTrusted = keys.isEmpty ? nil : keys.haveSigned(source.catalogue.envelope)
    let report = CatalogueReport(source.catalogue, command: "show", isTrusted: isTrusted)
    if common.json { try Console.print(document: report) } else { report.print() }
    if isTrusted == false { throw Failure(.badData, "none of the keys given has signed it", place: what) }
  }
}
