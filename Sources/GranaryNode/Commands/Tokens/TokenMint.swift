import ArgumentParser
import OpenSSL
import Plugins

struct TokenMint: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mint",
    abstract: "Make a token for a bearer.",
    discussion: """
      --key is the issuer's key file ('granary keys new'): its own key signs, and its id is the issuer's name. The file with the token is \
      never replaced: exits 73.
      """)

  @Option(help: "The issuer's key file.") var key: String
  @Option(help: "Whom it is bound to: ed25519:HEX, spki:HEX, or a file with the bearer's certificate.") var principal: String
  @OptionGroup var limits: TokenLimits
  @Option(help: "What it is called, for revocation; made up where it is not given.") var id: String?
  @Option(help: "The file to write.") var output: String
  @Flag(help: "Print one JSON document; errors are one too.") var json = false

  func run() throws {
    let issuer = try TokenFiles.key(key)
    let block = try limits.block()
    guard block.artifacts != nil, block.operations != nil, block.ends != nil else {
      throw Failure(.usage, "a token says what for and until when: --artifact, --operations and --until are needed")
    }
    let token: CapabilityToken
    do {
      token = try CapabilityToken.mint(
        issuer: issuer.id, id: try id ?? Self.madeUp(), bearer: try bearer(), block: block, key: issuer.key)
    } catch let malformed as CapabilityToken.Malformed {
      throw Failure(.usage, malformed.description)
    }
    guard token.isUnderstood else { throw Failure(.usage, "an artifact's or a file's pattern is none that rules have") }
    try TokenFiles.write(token, to: output)
    let document = TokenDocument(token, command: "mint", file: output)
    if json { try Console.print(document: document) } else { document.print() }
  }

  private func bearer() throws -> CapabilityToken.Bearer {
    if let bearer = CapabilityToken.Bearer(principal) { return bearer }
    guard AuthorityFolder.exists(principal) else {
      throw Failure(.usage, "'\(principal)' is neither ed25519: or spki: with 64 hex digits, nor a certificate's file")
    }
    return .certificate(try AuthorityFolder.certificate(principal).spkiSHA256)
  }

  private static func madeUp() throws -> String {
    try SecretBytes.random(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
