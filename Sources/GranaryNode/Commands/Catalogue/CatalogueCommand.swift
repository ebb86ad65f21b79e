import ArgumentParser
import OpenSSL

struct CatalogueCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "catalogue",
    abstract: "Signed lists of artifacts, which nodes publish and replicas follow.",
    subcommands: [CatalogueShow.self, CatalogueVerify.self, CatalogueMirrors.self, CatalogueKeysCommand.self])
}

struct CatalogueKeysCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys", abstract: "Keys that sign catalogues.", subcommands: [CatalogueKeysNew.self])
}

struct CatalogueKeysNew: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new",
    abstract: "Make a key that signs a catalogue.",
    discussion: """
      The file is its owner's alone (0600), and never replaced: exits 73. What is printed is the public key, for 'mirror.keys' of the nodes \
      that follow. To change a key, list the new one there beside the old one first, then sign with it.
      """)

  private struct Document: Encodable {
    let schema = "granary.catalogue.keys.new/1"
    let id: String
    let file: String
    let publicKey: String

    enum CodingKeys: String, CodingKey {
      case schema, id, file
      case publicKey = "public_key"
    }
  }

  @Argument(help: "The file to write.") var file: String
  @Flag(help: "Print one JSON document; errors are one too.") var json = false

  func run() throws {
    let key = try CatalogueKeyFile.make(file).publicKey
    let document = Document(id: key.catalogueID, file: file, publicKey: key.catalogueText)
    if json { return try Console.print(document: document) }
    Console.print("wrote \(escaped(file))")
    Console.print("for mirror.keys: \"\(document.publicKey)\"")
  }
}
