import NIOCore
import OpenSSL
import PluginKit

@testable import Plugins

/// Messages of gr_auth, and the tokens that they carry.
struct AuthMessageTarget: FuzzTarget {
  static let name = "gr-auth"
  static let maximumLength = AuthMessage.maximumSize + 1

  private let issuer: Ed25519.PrivateKey
  private let bearer: Ed25519.PrivateKey
  private let stranger: Ed25519.PrivateKey

  init() throws {
    (issuer, bearer, stranger) = (try .generate(), try .generate(), try .generate())
  }

  func run(_ input: [UInt8]) throws {
    try runToken(input)
    guard let message = try? AuthMessage(ByteBuffer(bytes: input)) else { return }
    try promise(message.key.utf8.count <= AuthMessage.longestKey, "an id that is too long")
    try promise([0, 32, 64].contains(message.proof.count), "a proof of another size")
    try promise(AuthMessage(message.payload) == message, "what we encode is another message")
    try runToken(message.token)
  }

  private func runToken(_ bytes: [UInt8]) throws {
    guard let token = try? CapabilityToken(bytes) else { return }
    try promise(CapabilityToken(token.bytes) == token, "what we encode is another token")
    try promise(CapabilityToken(text: Array(token.text.utf8)) == token, "the text is another token's")
    try promise(!token.isSigned(by: stranger.publicKey), "the issuer's signature is taken for a stranger's")
    guard let capability = token.capability else { return }
    for operations in token.blocks.compactMap(\.operations) {
      try promise(capability.operations.isSubset(of: Set(operations.compactMap(Operation.init(rawValue:)))), "more than a block allows")
    }
    try promise(token.blocks.compactMap(\.ends).allSatisfy { token.ends <= $0 }, "it outlives one of its blocks")
  }

  func seeds() throws -> [[UInt8]] {
    let block = CapabilityToken.Block(
      artifacts: ["app-*"], operations: ["connect", "metadata", "request"], files: ["bin/**"], ends: 1_900_000_000)
    let token = try CapabilityToken.mint(issuer: "ops", id: "t1", bearer: .key(bearer.publicKey.bytes), block: block, key: issuer)
    let narrowed = try token.narrowed(to: CapabilityToken.Block(operations: ["connect"], ends: 1_800_000_000), key: bearer)
    let bound = try CapabilityToken.mint(
      issuer: "ops", id: "t2", bearer: .certificate([UInt8](repeating: 7, count: 32)), block: block, key: issuer)
    let messages = [
      AuthMessage(key: "depot", proof: [UInt8](repeating: 1, count: 32)), AuthMessage(key: "", proof: [], token: bound.bytes),
      AuthMessage(key: "", proof: [UInt8](repeating: 2, count: 64), token: narrowed.bytes),
    ]
    return messages.map { Array($0.payload.readableBytesView) } + [token, narrowed, bound].map(\.bytes)
  }
}
