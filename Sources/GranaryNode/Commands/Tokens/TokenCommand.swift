import ArgumentParser
import OpenSSL
import PluginKit
import Plugins
import Settings

struct TokenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token",
    abstract: "Capability tokens: signed grants that peers show, checked without a network (the plugin auth).",
    discussion: """
      An issuer is a key that nodes list under auth's tokens.issuers by its name, which is the id of its key. A token is bound to its bearer's \
      key or certificate: it is of no use to anybody else. Its bearer may narrow it; nobody can widen it.
      """,
    subcommands: [TokenMint.self, TokenNarrow.self, TokenShow.self])
}

/// What a token, or a further block of one, is to say.
struct TokenLimits: ParsableArguments {
  @Option(help: "Artifacts: a name pattern, an info-hash, or label:KEY=VALUE; may be repeated.") var artifact: [String] = []
  @Option(help: "What may be done: metadata, request, message; commas between.") var operations: String?
  @Option(help: "Files, as patterns of paths; may be repeated. None: all files.") var file: [String] = []
  @Option(help: "When it ends: 2027-01-31 or 2027-01-31T18:00:00Z.") var until: String?

  func block() throws -> CapabilityToken.Block {
    let names = operations.map { $0.split(separator: ",").map { $0.trimmingPrefix { $0 == " " } }.map(String.init) }
    for name in names ?? [] where PluginKit.Operation(rawValue: name) == nil {
      let known = PluginKit.Operation.allCases.map(\.rawValue).joined(separator: ", ")
      throw Failure(.usage, "'\(name)' is no operation; there are: \(known)")
    }
    do {
      return try CapabilityToken.Block(
        artifacts: artifact.isEmpty ? nil : artifact, operations: names, files: file.isEmpty ? nil : file, until: until)
    } catch let malformed as CapabilityToken.Malformed {
      throw Failure(.usage, "--until: \(malformed)")
    }
  }
}

/// Files of keys and tokens.
enum TokenFiles {
  /// The own key of a key file.
  static func key(_ path: String) throws -> (id: String, key: Ed25519.PrivateKey) {
    try KeyFileText.own(in: try YAMLDocuments().open(path, isSecret: true))
  }

  /// Whoever narrows a token.
  enum Bearer {
    case key(Ed25519.PrivateKey)
    case certificate(PrivateKey)

    func narrow(_ token: CapabilityToken, to block: CapabilityToken.Block) throws -> CapabilityToken {
      switch self {
      case .key(let key): try token.narrowed(to: block, key: key)
      case .certificate(let key): try token.narrowed(to: block, key: key)
      }
    }
  }

  /// A key file's own key, or a certificate's in PEM.
  static func bearer(_ path: String) throws -> Bearer {
    let file: TLSFile
    do throws(TLSFileError) {
      file = try TLSFile.read(path)
    } catch {
      throw Failure(.inputMissing, "\(error)", place: path)
    }
    guard file.bytes.starts(with: "-----BEGIN".utf8) else { return .key(try key(path).key) }
    guard file.mode & 0o007 == 0 else {
      throw Failure(.notPermitted, "others on this machine may use this key (chmod 600)", place: path)
    }
    do {
      return .certificate(try PrivateKey.parse(pem: file.bytes))
    } catch {
      throw Failure(.badData, "holds no PEM key that can be read without a passphrase: \(error)", place: path)
    }
  }

  static func token(_ path: String) throws -> CapabilityToken {
    let text = try AuthorityFolder.read(path)
    do throws(CapabilityToken.Malformed) {
      return try CapabilityToken(text: text)
    } catch {
      throw Failure(.badData, "\(error)", place: path)
    }
  }

  static func write(_ token: CapabilityToken, to path: String) throws {
    try PrivateAuthority.create(Array((token.text + "\n").utf8), at: path, mode: 0o600)
  }
}

/// What a token says, as a document.
struct TokenDocument: Encodable {
  struct Block: Encodable {
    let artifacts: [String]?
    let operations: [String]?
    let files: [String]?
    let until: String?
  }

  let schema: String
  let issuer: String
  let id: String
  let bearer: String
  let until: String
  let blocks: [Block]
  /// Whether its signatures are right; null where no issuer's key was given.
  var isSigned: Bool?
  var file: String?

  init(_ token: CapabilityToken, command: String, file: String? = nil, isSigned: Bool? = nil) {
    schema = "granary.token.\(command)/1"
    (issuer, id, bearer) = (token.issuer, token.id, token.bearer.text)
    until = Self.moment(token.ends)
    blocks = token.blocks.map {
      Block(artifacts: $0.artifacts, operations: $0.operations, files: $0.files, until: $0.ends.map(Self.moment))
    }
    (self.file, self.isSigned) = (file, isSigned)
  }

  private static func moment(_ seconds: Int64) -> String { CapabilityToken.moment(seconds) }

  func print() {
    Console.print("token \(escaped(issuer))/\(escaped(id)) for \(bearer), until \(until)")
    for (index, block) in blocks.enumerated() {
      Console.print(index == 0 ? "allows" : "narrowed to")
      let lists = [("artifacts", block.artifacts), ("operations", block.operations), ("files", block.files)]
      for case (let name, let list?) in lists { Console.print("  \(name): \(list.map(escaped).joined(separator: ", "))") }
      if let until = block.until { Console.print("  until: \(until)") }
    }
    if let isSigned { Console.print(isSigned ? "its signatures are right" : "its signatures are wrong") }
    if let file { Console.print("wrote \(escaped(file))") }
  }
}
