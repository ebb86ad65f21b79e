import Metainfo
import OpenSSL
import PluginKit
import TestSupport
import Testing

@testable import Plugins

struct CapabilityTokenTests {
  private let issuer: Ed25519.PrivateKey
  private let bearer: Ed25519.PrivateKey

  init() throws {
    issuer = try AuthRig.key(1)
    bearer = try AuthRig.key(7)
  }

  private let ends = PolicyFixtures.noon.seconds + 3600

  private func mint(_ block: CapabilityToken.Block? = nil, id: String = "t1", bearer: CapabilityToken.Bearer? = nil) throws
    -> CapabilityToken
  {
    try CapabilityToken.mint(
      issuer: "release", id: id, bearer: bearer ?? .key(self.bearer.publicKey.bytes),
      block: block ?? .init(artifacts: ["app-*"], operations: ["metadata", "request"], ends: ends), key: issuer)
  }

  @Test func tokensAreReadAsTheyAreWritten() throws {
    let token = try mint()
    #expect(try CapabilityToken(text: Array(" \(token.text)\n".utf8)) == token)
    #expect(token.isSigned(by: issuer.publicKey) && !token.isSigned(by: bearer.publicKey))
    let capability = try #require(token.capability)
    #expect(capability.operations == [.metadata, .request])
    #expect(capability.validUntil.seconds == ends)
    #expect(capability.covers(PolicyFixtures.artifact("app-1.0")) && !capability.covers(PolicyFixtures.artifact("other")))
  }

  @Test func everyChangedByteIsNoticed() throws {
    let token = try mint().narrowed(to: .init(operations: ["request"]), key: bearer)
    let bytes = token.bytes
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 1
      #expect((try? CapabilityToken(changed))?.isSigned(by: issuer.publicKey) != true, "byte \(index)")
      #expect((try? CapabilityToken(Array(bytes[..<index]))) == nil, "cut at \(index)")
    }
  }

  @Test func blocksCannotBeLeftOutSwappedOrTakenFromAnother() throws {
    let one = try mint().narrowed(to: .init(operations: ["request"]), key: bearer).narrowed(to: .init(ends: ends - 60), key: bearer)
    let blocks = one.signed
    for wrong in [[blocks[0], blocks[2]], [blocks[0], blocks[2], blocks[1]], [blocks[0], blocks[1], blocks[1]]] {
      #expect(try CapabilityToken(wrong).isSigned(by: issuer.publicKey) == false)
    }
    let other = try mint(id: "t2").narrowed(to: .init(operations: ["metadata"]), key: bearer)
    #expect(try CapabilityToken([blocks[0], other.signed[1]]).isSigned(by: issuer.publicKey) == false)
    // The last blocks can be left off: that is the token as it was before, which the bearer had.
    #expect(try CapabilityToken([blocks[0], blocks[1]]).isSigned(by: issuer.publicKey))
  }

  @Test func onlyTheBearerNarrows() throws {
    #expect(throws: CapabilityToken.Malformed.self) { try mint().narrowed(to: .init(operations: ["request"]), key: issuer) }
    let bound = try mint(bearer: .certificate([UInt8](repeating: 3, count: 32)))
    #expect(throws: CapabilityToken.Malformed.self) { try bound.narrowed(to: .init(operations: ["request"]), key: bearer) }
    #expect(throws: CapabilityToken.Malformed.self) { try bound.narrowed(to: .init(operations: ["request"]), key: .generate(.p256)) }
  }

  @Test(arguments: PrivateKey.Kind.allCases)
  func theKeyOfACertificateNarrowsWhatIsBoundToIt(kind: PrivateKey.Kind) throws {
    let key = try PrivateKey.generate(kind)
    let token = try mint(bearer: .certificate(SHA256Digest.hash(of: key.publicKeyDER()).bytes))
    let narrowed = try token.narrowed(to: .init(operations: ["request"]), key: key).narrowed(to: .init(ends: ends - 60), key: key)
    #expect(narrowed.isSigned(by: issuer.publicKey))
    #expect(try CapabilityToken(narrowed.bytes).capability?.operations == [.request])
    #expect(narrowed.ends == ends - 60)
    #expect(try CapabilityToken([narrowed.signed[0], narrowed.signed[2]]).isSigned(by: issuer.publicKey) == false)
    // A stranger's block with a stranger's key in it is the stranger's.
    let other = try PrivateKey.generate(kind)
    let foreign = try mint(bearer: .certificate(SHA256Digest.hash(of: other.publicKeyDER()).bytes))
    let theirs = try foreign.narrowed(to: .init(files: []), key: other)
    #expect(try CapabilityToken([token.signed[0], theirs.signed[1]]).isSigned(by: issuer.publicKey) == false)
  }

  /// Of all bytes but those of an ECDSA signature, of which there are two for one message.
  @Test func everyChangedByteOfABlockOfACertificateIsNoticed() throws {
    let key = try PrivateKey.generate(.ed25519)
    let token = try mint(bearer: .certificate(SHA256Digest.hash(of: key.publicKeyDER()).bytes)).narrowed(to: .init(files: ["a"]), key: key)
    let bytes = token.bytes
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 1
      #expect((try? CapabilityToken(changed))?.isSigned(by: issuer.publicKey) != true, "byte \(index)")
    }
  }

  /// Whatever a further block says, what the token allows is never more than before.
  @Test(arguments: 0..<200)
  func narrowingNeverWidens(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let patterns = ["*", "app-*", "app-1.0", "lib-*", "label:channel=stable", "abab"]
    let names = Operation.allCases.map(\.rawValue)
    func some(_ all: [String]) -> [String]? {
      Bool.random(using: &generator) ? nil : all.filter { _ in Bool.random(using: &generator) }
    }
    func block() -> CapabilityToken.Block {
      .init(
        artifacts: some(patterns), operations: some(names), files: some(["readme.txt", "secret/*", "**"]),
        ends: Bool.random(using: &generator) ? nil : ends + Int64.random(in: -7200...7200, using: &generator))
    }
    var token = try mint(
      .init(artifacts: some(patterns) ?? patterns, operations: some(names) ?? names, files: some(["readme.txt", "secret/*"]), ends: ends))
    let artifacts = [
      PolicyFixtures.artifact("app-1.0"), PolicyFixtures.artifact("lib-2", labels: ["channel": "stable"]), PolicyFixtures.artifact("zzz"),
    ]
    for _ in 0..<3 {
      let before = try #require(token.capability)
      token = try token.narrowed(to: block(), key: bearer)
      let after = try #require(token.capability)
      #expect(token.isSigned(by: issuer.publicKey))
      #expect(after.operations.isSubset(of: before.operations) && after.validUntil <= before.validUntil)
      for artifact in artifacts {
        #expect(!after.covers(artifact) || before.covers(artifact))
        guard !after.files.isEmpty else {
          #expect(before.files.isEmpty)
          continue
        }
        let (less, more) = (after.part(of: artifact.layout), before.files.isEmpty ? nil : before.part(of: artifact.layout))
        for piece in 0..<artifact.layout.pieceCount {
          for offset in stride(from: 0, to: 16, by: 4) {
            let block = Block(piece: UInt32(piece), offset: UInt32(offset), length: 4)
            #expect(!less.contains(block, in: artifact.layout) || more?.contains(block, in: artifact.layout) != false)
          }
        }
      }
    }
  }

  @Test func whatIsNoTokenIsRefusedWithAReason() {
    for text in [
      "", "granary-token:", "granary-token:zz", "granary-token:6c65", "d3:abce", "granary-token:" + String(repeating: "61", count: 5000),
    ] {
      #expect(throws: CapabilityToken.Malformed.self) { try CapabilityToken(text: Array(text.utf8)) }
    }
    #expect(throws: CapabilityToken.Malformed.self) { try mint(.init(operations: ["request"], ends: 1)) }
    #expect(throws: CapabilityToken.Malformed.self) { try mint(id: "a/b") }
    #expect(throws: CapabilityToken.Malformed.self) { try mint(id: "") }
  }

  @Test func anOperationThatIsNotKnownAllowsNothing() throws {
    #expect(try mint(.init(artifacts: ["*"], operations: ["request", "fly"], ends: ends)).capability == nil)
  }
}
