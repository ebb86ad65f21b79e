import ArgumentParser
import Inventory

struct CatalogueMirrors: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mirrors", abstract: "List the catalogues that this node has followed, and what came by them.",
    discussion:
      "Why a catalogue was refused, and why an artifact went, is in the journal: 'granary journal' has rows of the operation 'mirror'.")

  private struct Document: Encodable {
    struct Catalogue: Encodable {
      let url: String
      let name: String
      let serial: Int64
      let date: String
      let acceptedAt: String

      enum CodingKeys: String, CodingKey {
        case url, name, serial, date
        case acceptedAt = "accepted_at"
      }
    }

    struct Artifact: Encodable {
      let name: String
      let infoHash: String
      let catalogue: String
      let unwantedAt: String?

      enum CodingKeys: String, CodingKey {
        case name, catalogue
        case infoHash = "info_hash"
        case unwantedAt = "unwanted_at"
      }
    }

    let schema = "granary.catalogue.mirrors/1"
    let catalogues: [Catalogue]
    let artifacts: [Artifact]
  }

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let database = try Workplace(common).reading()
    let document = Document(
      catalogues: try database?.catalogues().map {
        .init(url: $0.url, name: $0.name, serial: $0.serial, date: $0.date.iso8601, acceptedAt: $0.acceptedAt.iso8601)
      } ?? [],
      artifacts: try database?.mirrored().map {
        .init(name: $0.name, infoHash: $0.infoHash.catalogueText, catalogue: $0.catalogue, unwantedAt: $0.unwantedAt?.iso8601)
      } ?? [])
    if common.json { return try Console.print(document: document) }
    for one in document.catalogues { Console.print("\(escaped(one.url)): \(escaped(one.name)), serial \(one.serial), \(one.date)") }
    for one in document.artifacts {
      let unwanted = one.unwantedAt.map { "  not wanted since \($0)" } ?? ""
      Console.print("\(one.infoHash.prefix(16))  \(escaped(one.name))  from \(escaped(one.catalogue))\(unwanted)")
    }
  }
}
