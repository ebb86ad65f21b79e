import ArgumentParser
import OpenSSL
import Plugins

struct TokenShow: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Say what a token allows, and whether its signatures are right.",
    discussion: "Exits 65 where the file is no token, or --issuer is given and a signature is wrong.")

  @Argument(help: "The token's file.") var token: String
  @Option(help: "The issuer's public key, 64 hex digits.") var issuer: String?
  @Flag(help: "Print one JSON document; errors are one too.") var json = false

  func run() throws {
    let token = try TokenFiles.token(token)
    let isSigned = try issuer.map { text in
      guard let key = CapabilityToken.publicKey(text) else { throw Failure(.usage, "--issuer is 64 hex digits") }
      return token.isSigned(by: key)
    }
    let document = TokenDocument(token, command: "show", isSigned: isSigned)
    if json { try Console.print(document: document) } else { document.print() }
    if isSigned == false { throw Failure(.badData, "a signature is wrong", place: self.token) }
  }
}
