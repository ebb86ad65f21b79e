import Metainfo
import NIOCore
import OpenSSL
import PluginKit
import TestSupport
import Testing

@testable import Plugins

struct AuthConversationTests {
  private let shared: LiteralValue = ["keys": [["id": "fleet-1", "secret": .text(AuthRig.secret)]]]

  private func own(_ id: String, _ byte: UInt8, knows other: (String, UInt8)) throws -> LiteralValue {
    [
      "own": ["id": .text(id), "private": .text(AuthRig.seed(byte))],
      "keys": [["id": .text(other.0), "public": .text(try AuthRig.publicKey(other.1))]],
    ]
  }

  @Test func bothProveThemselvesWithASharedKey() throws {
    let outcome = try AuthRig.converse(dialer: try AuthRig.plugin(shared), listener: try AuthRig.plugin(shared))
    #expect(outcome.listener.identities == ["auth/key:fleet-1"])
    #expect(outcome.dialer?.identities == ["auth/key:fleet-1"])
  }

  @Test func bothProveThemselvesWithKeysOfTheirOwn() throws {
    let dialer = try AuthRig.plugin(try own("edge-7", 7, knows: ("depot", 1)))
    let listener = try AuthRig.plugin(try own("depot", 1, knows: ("edge-7", 7)))
    let outcome = try AuthRig.converse(dialer: dialer, listener: listener)
    #expect(outcome.listener.identities == ["auth/key:edge-7"])
    #expect(outcome.dialer?.identities == ["auth/key:depot"])
  }

  @Test func aListenerThatIsNotWhomTheDialerKnowsIsRefused() throws {
    let dialer = try AuthRig.plugin(try own("edge-7", 7, knows: ("depot", 2)))
    let listener = try AuthRig.plugin(try own("depot", 1, knows: ("edge-7", 7)))
    let outcome = try AuthRig.converse(dialer: dialer, listener: listener)
    #expect(outcome.listener.identities == ["auth/key:edge-7"])
    #expect(outcome.dialer?.refusal?.contains("is not key depot's for this connection") == true)
  }

  @Test func wrongKeysAreRefused() throws {
    let wrong: LiteralValue = ["keys": [["id": "fleet-1", "secret": .text(AuthRig.otherSecret)]]]
    let outcome = try AuthRig.converse(dialer: try AuthRig.plugin(wrong), listener: try AuthRig.plugin(shared))
    #expect(outcome.listener.refusal?.contains("is not key fleet-1's for this connection") == true)
    #expect(outcome.dialer == nil)
    let unknown: LiteralValue = ["keys": [["id": "fleet-9", "secret": .text(AuthRig.secret)]]]
    #expect(
      try AuthRig.converse(dialer: try AuthRig.plugin(unknown), listener: try AuthRig.plugin(shared)).listener.refusal
        == "there is no key 'fleet-9'")
  }

  @Test(arguments: [
    (["revoked": true] as [String: LiteralValue], "key fleet-1 is revoked"),
    (["until": "2026-11-23T11:59:59Z"], "key fleet-1 ended 2026-11-23T11:59:59Z"),
    (["not-before": "2026-11-24"], "key fleet-1 is good from 2026-11-24T00:00:00Z on"),
  ])
  func keysThatAreNotGoodNowAreRefused(more: [String: LiteralValue], reason: String) throws {
    let key: LiteralValue = .mapping(more.merging(["id": "fleet-1", "secret": .text(AuthRig.secret)]) { $1 })
    let outcome = try AuthRig.converse(dialer: try AuthRig.plugin(shared), listener: try AuthRig.plugin(["keys": [key]]))
    #expect(outcome.listener.refusal == reason)
  }

  @Test func severalKeysAreGoodAtOnce() throws {
    let listener = try AuthRig.plugin([
      "keys": [
        ["id": "fleet-1", "secret": .text(AuthRig.secret)],
        ["id": "fleet-2", "secret": .text(AuthRig.otherSecret), "not-before": "2026-11-23"],
      ]
    ])
    for (id, secret) in [("fleet-1", AuthRig.secret), ("fleet-2", AuthRig.otherSecret)] {
      let dialer = try AuthRig.plugin(["keys": [["id": .text(id), "secret": .text(secret)]]])
      #expect(try AuthRig.converse(dialer: dialer, listener: listener).listener.identities == ["auth/key:\(id)"])
    }
  }

  @Test func aProofOfAnotherConversationIsRefused() throws {
    let (dialer, listener) = (try AuthRig.plugin(shared), try AuthRig.plugin(shared))
    let recorded = try #require(try AuthRig.converse(dialer: dialer, listener: listener).proof)
    let outcome = try AuthRig.converse(dialer: dialer, listener: listener) { _ in recorded }
    #expect(outcome.listener.refusal?.contains("proof of another connection") == true)
  }

  @Test func everyChangedBitOfAProofIsRefused() throws {
    let (dialer, listener) = (try AuthRig.plugin(shared), try AuthRig.plugin(shared))
    let whole = try #require(try AuthRig.converse(dialer: dialer, listener: listener).proof)
    for index in 0..<whole.readableBytes {
      let outcome = try AuthRig.converse(dialer: dialer, listener: listener) { proof in
        var bytes = Array(proof.readableBytesView)
        bytes[index] ^= 1
        return ByteBuffer(bytes: bytes)
      }
      #expect(outcome.listener.refusal != nil, "byte \(index)")
    }
  }

  @Test func aProofIsNotGivenBackToItsMaker() throws {
    // Who dials us and knows no key sends our own words back: the roles differ, and so does what is proven.
    let listener = try AuthRig.plugin(shared)
    let conversation = try #require(try listener.converse(AuthRig.opening(.listener), AuthRig.facts()))
    #expect(try conversation.onOffer(conversation.offer).refusal == "the peer's offer is our own, given back")
    let dialing = try #require(try listener.converse(AuthRig.opening(.dialer), AuthRig.facts()))
    guard case .say(let proof) = try dialing.onOffer(AuthOffer.make(nonce: [UInt8](repeating: 9, count: 32))) else {
      Issue.record("no proof")
      return
    }
    #expect(try dialing.onMessage(proof).refusal?.contains("is not key fleet-1's") == true)
  }

  @Test func theLinkIsPartOfTheProof() throws {
    func link(_ byte: UInt8) -> PeerLink {
      .tls(
        CertificateFacts(
          trust: "fleet", subject: "CN=x", serial: "1", issuers: [], validUntil: PolicyFixtures.noon,
          exporter: [UInt8](repeating: byte, count: 32)))
    }
    let (dialer, listener) = (try AuthRig.plugin(shared), try AuthRig.plugin(shared))
    let same = try AuthRig.converse(
      dialer: dialer, listener: listener, dialerFacts: AuthRig.facts(link(1)), listenerFacts: AuthRig.facts(link(1)))
    #expect(same.listener.identities == ["auth/key:fleet-1"])
    for other in [link(2), .plain] {
      let relayed = try AuthRig.converse(
        dialer: dialer, listener: listener, dialerFacts: AuthRig.facts(link(1)), listenerFacts: AuthRig.facts(other))
      #expect(relayed.listener.refusal?.contains("of another connection or link") == true)
    }
  }

  @Test func whatIsOutOfTurnOrMalformedIsRefused() throws {
    let listener = try AuthRig.plugin(shared)
    func conversation() throws -> any PeerConversation {
      try #require(try listener.converse(AuthRig.opening(.listener), AuthRig.facts()))
    }
    #expect(try conversation().onMessage(ByteBuffer()).refusal == "gr_auth out of turn")
    #expect(try conversation().onOffer(nil).refusal == "the peer does not know gr_auth")
    for offer: Bencode in [.integer(1), .dictionary([:]), .dictionary(["v": .integer(2), "n": .bytes([UInt8](repeating: 1, count: 32))])] {
      #expect(try conversation().onOffer(offer).refusal?.contains("is not one of version 1") == true)
    }
    for payload in ["", "de", "d1:k1:a1:p3:abce", "d1:k65:\(String(repeating: "a", count: 65))1:p0:e", "d1:ki1e1:p0:e"] {
      let talk = try conversation()
      _ = try talk.onOffer(AuthOffer.make(nonce: [UInt8](repeating: 9, count: 32)))
      #expect(try talk.onMessage(ByteBuffer(string: payload)).refusal?.hasPrefix("gr_auth:") == true, "\(payload)")
      #expect(try talk.onMessage(ByteBuffer(string: payload)).refusal == "gr_auth out of turn")
    }
  }
}
