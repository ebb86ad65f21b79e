import ArgumentParser
import Plugins

struct TokenNarrow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "narrow",
    abstract: "Make a token that allows less, of one that is bound to a key or a certificate of ours.",
    discussion: "Needs no issuer and no network. What the result allows is what the token allows and these limits allow too.")

  @Argument(help: "The token's file.") var token: String
  @Option(help: "The bearer's key file; where the token is bound to a certificate, the certificate's key (PEM).") var key: String
  @OptionGroup var limits: TokenLimits
  @Option(help: "The file to write; never replaced: exits 73.") var output: String
  @Flag(help: "Print one JSON document; errors are one too.") var json = false

  func run() throws {
    let bearer = try TokenFiles.bearer(key)
    let block = try limits.block()
    guard block != CapabilityToken.Block() else {
      throw Failure(.usage, "nothing to narrow it to: give --artifact, --operations, --file or --until")
    }
    let narrowed: CapabilityToken
    do {
      narrowed = try bearer.narrow(TokenFiles.token(token), to: block)
    } catch let malformed as CapabilityToken.Malformed {
      throw Failure(.badData, malformed.description, place: token)
    }
    guard narrowed.isUnderstood else { throw Failure(.usage, "an artifact's or a file's pattern is none that rules have") }
    try TokenFiles.write(narrowed, to: output)
    let document = TokenDocument(narrowed, command: "narrow", file: output)
    if json { try Console.print(document: document) } else { document.print() }
  }
}
