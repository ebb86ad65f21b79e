import Foundation
import Metainfo
import OpenSSL
import PluginKit
import TestSupport
import Testing

@testable import Plugins

struct AuthPluginTests {
  private let shared: LiteralValue = ["keys": [["id": "fleet-1", "secret": .text(AuthRig.secret)]]]
  private let proven = Identity(trust: "auth", name: "key:fleet-1")

  private func judge(_ plugin: AuthPlugin, _ facts: PeerFacts, _ operation: PluginKit.Operation = .connect) throws -> Verdict {
    try plugin.judge(operation, facts)
  }

  private func peer(named artifact: ArtifactFacts? = PolicyFixtures.artifact(), identities: [Identity] = []) -> PeerFacts {
    var facts = PolicyFixtures.peer(artifact: artifact)
    facts.identities = identities
    facts.peerID = AuthRig.dialerHandshake.peerID
    return facts
  }

  @Test func nobodyIsLetInWithoutAProof() throws {
    let plugin = try AuthRig.plugin(shared)
    #expect(try judge(plugin, PolicyFixtures.peer()).isAllowed, "it has had no chance yet")
    #expect(try judge(plugin, peer()).reason == "it has not proven itself (gr_auth)")
    #expect(try judge(plugin, peer(named: nil)).isAllowed == false)
    let verdict = try judge(plugin, peer(identities: [proven]))
    #expect(verdict.isAllowed && verdict.rule == "keys[0]")
  }

  @Test func aKeyThatIsGoneRevokedOrOverEndsWhatItBegan() throws {
    let facts = peer(identities: [proven])
    #expect(try judge(try AuthRig.plugin(["keys": []]), facts).reason == "auth/key:fleet-1: there is no such key any more")
    let revoked: LiteralValue = ["keys": [["id": "fleet-1", "secret": .text(AuthRig.secret), "revoked": true, "reason": "stolen"]]]
    #expect(try judge(try AuthRig.plugin(revoked), facts).reason == "key fleet-1 is revoked: stolen")
    let ending: LiteralValue = ["keys": [["id": "fleet-1", "secret": .text(AuthRig.secret), "until": "2026-11-23T12:00:10Z"]]]
    #expect(try judge(try AuthRig.plugin(ending), facts).validUntil?.seconds == PolicyFixtures.noon.seconds + 10)
  }

  @Test func plainLinksAreRefusedUnlessTheOperatorSaysSo() throws {
    let plugin = try AuthRig.plugin(shared, [:])
    #expect(try judge(plugin, PolicyFixtures.peer()).reason == "auth is for links over TLS, and this one is plain (auth.requires)")
    #expect(try AuthRig.plugin(shared).warnings.first?.contains("auth.requires is none") == true)
  }

  @Test func someArtifactsMayBeOpen() throws {
    let plugin = try AuthRig.plugin(shared, ["requires": "none", "required": [["artifacts": ["secret-*"]]]])
    let conversation = try #require(try plugin.converse(AuthRig.opening(.listener), AuthRig.facts()))
    for (artifact, isNeeded) in [(PolicyFixtures.artifact("secret-1"), true), (PolicyFixtures.artifact("open"), false), (nil, true)] {
      #expect(conversation.isNeeded(for: peer(named: artifact)) == isNeeded)
      #expect(try judge(plugin, peer(named: artifact)).isAllowed != isNeeded)
    }
  }

  @Test func identitiesOfTheLinkMayBeExempt() throws {
    let plugin = try AuthRig.plugin(shared, ["requires": "none", "exempt": ["fleet/spiffe://corp/edge/*"]])
    let edge = Identity(trust: "fleet", name: "spiffe://corp/edge/7")
    #expect(try plugin.converse(AuthRig.opening(.listener), AuthRig.facts(identities: [edge])) == nil)
    #expect(try judge(plugin, peer(identities: [edge])).reason == "fleet/spiffe://corp/edge/7 is exempt")
    let other = Identity(trust: "torrent:ab", name: "spiffe://corp/edge/7")
    #expect(try judge(plugin, peer(identities: [other])).isAllowed == false)
  }

  // MARK: Tokens

  private func tokenSettings(_ more: [String: LiteralValue] = [:]) throws -> [String: LiteralValue] {
    let issuers: LiteralValue = [["name": "release", "public": .text(try AuthRig.publicKey(1))]]
    return ["requires": "none", "tokens": .mapping(more.merging(["issuers": issuers]) { $1 })]
  }

  private func listener(_ more: [String: LiteralValue] = [:]) throws -> AuthPlugin {
    try AuthRig.plugin(["own": ["id": "depot", "private": .text(AuthRig.seed(1))], "keys": []], try tokenSettings(more))
  }

  private func dialer(_ token: CapabilityToken, _ folder: TemporaryDirectory, seed: UInt8 = 7) throws -> AuthPlugin {
    let path = folder.path("token")
    try token.text.write(toFile: path, atomically: true, encoding: .utf8)
    let keys: LiteralValue = [
      "own": ["id": "job", "private": .text(AuthRig.seed(seed))], "keys": [["id": "depot", "public": .text(try AuthRig.publicKey(1))]],
    ]
    return try AuthRig.plugin(keys, ["requires": "none", "token": .text(path)])
  }

  private func mint(operations: [String] = ["request"], files: [String]? = nil, ends: Int64 = 3600) throws -> CapabilityToken {
    try CapabilityToken.mint(
      issuer: "release", id: "t1", bearer: .key(try AuthRig.key(7).publicKey.bytes),
      block: .init(artifacts: ["app-*"], operations: operations, files: files, ends: PolicyFixtures.noon.seconds + ends),
      key: try AuthRig.key(1))
  }

  @Test func aTokenLetsItsBearerInAndLimitsIt() throws {
    let folder = try TemporaryDirectory("token")
    let outcome = try AuthRig.converse(dialer: try dialer(try mint(files: ["readme.txt"]), folder), listener: try listener())
    #expect(outcome.listener.identities == ["auth/token:release/t1"])
    #expect(outcome.dialer?.identities == ["auth/key:depot"])
    guard case .proven(let proof) = outcome.listener else { return }
    var facts = peer(identities: proof.identities)
    facts.capability = proof.capability
    let plugin = try listener()
    #expect(try judge(plugin, facts).isAllowed)
    #expect(try judge(plugin, facts, .metadata).reason == "auth/token:release/t1 is not for metadata")
    guard case .part(let part) = try judge(plugin, facts, .request).scope else {
      Issue.record("not a part")
      return
    }
    let layout = PolicyFixtures.artifact().layout
    #expect(part.contains(Block(piece: 0, offset: 0, length: 16), in: layout))
    #expect(!part.contains(Block(piece: 3, offset: 0, length: 16), in: layout))
    facts.artifact = PolicyFixtures.artifact("other")
    #expect(try judge(plugin, facts).reason == "auth/token:release/t1 is for other artifacts")
  }

  @Test func aTokenIsOfNoUseToOthers() throws {
    let folder = try TemporaryDirectory("token")
    let outcome = try AuthRig.converse(dialer: try dialer(try mint(), folder, seed: 8), listener: try listener())
    #expect(outcome.listener.refusal?.contains("the peer is not whom token release/t1 is bound to") == true)
  }

  @Test func tokensEndAndAreRevoked() throws {
    let folder = try TemporaryDirectory("token")
    let old = try AuthRig.converse(dialer: try dialer(try mint(ends: -1), folder), listener: try listener())
    #expect(old.listener.refusal == "token release/t1 ended 2026-11-23T11:59:59Z")
    let revoked = try AuthRig.converse(dialer: try dialer(try mint(), folder), listener: try listener(["revoked": ["release/t1"]]))
    #expect(revoked.listener.refusal == "token release/t1 is revoked")
    let nobody = try AuthRig.plugin(["own": ["id": "depot", "private": .text(AuthRig.seed(1))], "keys": []])
    let stranger = try AuthRig.converse(dialer: try dialer(try mint(), folder), listener: nobody)
    #expect(stranger.listener.refusal == "token release/t1 is of an issuer that is not listed")
  }

  @Test func aTokenOfACertificateNeedsThatCertificate() throws {
    let hash = [UInt8](repeating: 3, count: 32)
    let token = try CapabilityToken.mint(
      issuer: "release", id: "t2", bearer: .certificate(hash),
      block: .init(artifacts: ["app-*"], operations: ["request"], ends: PolicyFixtures.noon.seconds + 60), key: try AuthRig.key(1))
    let folder = try TemporaryDirectory("token")
    let bearer = AuthRig.facts(identities: [Identity(trust: "fleet", name: "spki:" + HexText.text(hash))])
    let plugin = try dialer(token, folder)
    #expect(
      try AuthRig.converse(dialer: plugin, listener: try listener(), listenerFacts: bearer).listener.identities == ["auth/token:release/t2"]
    )
    #expect(try AuthRig.converse(dialer: plugin, listener: try listener()).listener.refusal?.contains("is not whom") == true)
  }
}
