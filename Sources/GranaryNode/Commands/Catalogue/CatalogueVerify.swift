import ArgumentParser
import Catalogue
import PluginKit
import Settings

struct CatalogueVerify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Judge a catalogue as a replica would that has never seen it.",
    discussion: "Exits 65 where it is refused: malformed, not signed, signed by another key, too old, or from the future.")

  private struct Document: Encodable {
    let schema = "granary.catalogue.verify/1"
    let accepted: Bool
    let code: String?
    let reason: String?
    let serial: Int64

    enum CodingKeys: String, CodingKey { case schema, accepted, code, reason, serial }

    /// Null is written, not left out.
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(schema, forKey: .schema)
      try container.encode(accepted, forKey: .accepted)
      try container.encode(code, forKey: .code)
      try container.encode(reason, forKey: .reason)
      try container.encode(serial, forKey: .serial)
    }
  }

  @OptionGroup var common: CommonOptions
  @Argument(help: "A URL or a file.") var what: String
  @Option(help: "A public key that may sign it, 64 hexadecimal digits; may be repeated.") var key: [String]
  @Option(help: "How old it may be, such as 2d (default: as old as it likes).") var maxAge: String?

  func run() async throws {
    let age = try maxAge.map { text in
      guard let span = TimeSpan(text) else { throw Failure(.usage, "'\(text)' is no duration: write 30m, 2h or 2d") }
      return span.milliseconds / 1000
    }
    let trust = CatalogueTrust(keys: CatalogueKeys(try CatalogueSource.keys(key)), maximumAge: age)
    let source = try await CatalogueSource.read(what, config: common.config)
    let serial = source.catalogue.document.serial
    do throws(CatalogueRefusal) {
      _ = try trust.accept(source.catalogue.encoded, after: nil, now: WallTime.now.seconds)
    } catch {
      if common.json {
        try Console.print(document: Document(accepted: false, code: error.code, reason: error.description, serial: serial))
      }
      throw Failure(.badData, error.description, place: what)
    }
    if common.json { return try Console.print(document: Document(accepted: true, code: nil, reason: nil, serial: serial)) }
    Console.print("\(escaped(what)): accepted, serial \(serial)")
  }
}
