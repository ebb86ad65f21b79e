import ArgumentParser
import Plugins
import Storage

struct KeysNew: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new",
    abstract: "Make a key, and a file of keys that has it.",
    discussion: "The file is its owner's alone (0600), and never replaced: exits 73. What is printed is the entry for the others' files.")

  private struct Document: Encodable {
    let schema = "granary.keys.new/1"
    let id: String
    let kind: String
    let file: String
    let entry: String?
  }

  @Option(help: "What the key is called: letters, digits, '-', '_', '.' and '@', 64 at most.") var id: String
  @Flag(help: "Make a secret that several share, instead of a key of its holder's own.") var shared = false
  @Option(help: "The file to write.") var output: String
  @Flag(help: "Print one JSON document; errors are one too. The secret of a shared key is in the file alone.") var json = false

  func run() throws {
    guard KeyFileText.isID(id) else {
      throw Failure(.usage, "'\(id)' cannot be a key's id: letters, digits, '-', '_', '.' and '@', 64 at most")
    }
    let (text, entry) = try shared ? KeyFileText.shared(id: id) : KeyFileText.own(id: id)
    try PrivateAuthority.create(Array(text.utf8), at: output, mode: 0o600)
    let document = Document(id: id, kind: shared ? "shared" : "ed25519", file: output, entry: shared ? nil : entry)
    if json { return try Console.print(document: document) }
    Console.print("wrote \(escaped(output))")
    Console.print(shared ? "the others' files have the same secret: copy it over a safe way" : "for the others' files: \(entry)")
  }
}
