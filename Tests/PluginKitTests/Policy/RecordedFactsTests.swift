import Foundation
import Metainfo
import PluginKit
import TestSupport
import Testing

struct RecordedFactsTests {
  private static let certificate = CertificateFacts(
    trust: "fleet", subject: "CN=edge-7 \"\\\u{7}ß", serial: "0A1B", issuers: ["CN=ca"],
    validUntil: WallTime(nanoseconds: 1_900_000_000_000_000_000),
    exporter: [UInt8](repeating: 0xEE, count: 32))

  private static func capability(files: [[String]] = [["a/**"], ["a/b", "a/\"c\""]]) -> Capability {
    Capability(
      issuer: "ops", id: "17", artifacts: [["app-*"]], operations: [.request, .connect], files: files,
      validUntil: WallTime(nanoseconds: 7))
  }

  private static func facts(_ change: (inout PeerFacts) -> Void = { _ in }) -> PeerFacts {
    let hash = InfoHash(v1: SHA1Digest([UInt8](repeating: 0xAB, count: 20)) ?? .zero)
    var facts = PolicyFixtures.peer(
      "fd00::7", artifact: PolicyFixtures.artifact("app \"1.0\"", infoHash: hash, labels: ["env": "prod", "a": "b\n"]))
    facts.direction = .outbound
    facts.link = .tls(certificate)
    facts.identities = [Identity(trust: "fleet", name: "spiffe://corp/edge/7"), Identity(trust: "fleet", name: "dns:edge-7.corp")]
    facts.peerID = PeerID(Array("-LT2080-abcdefghijkl".utf8))
    change(&facts)
    return facts
  }

  private static let cases: [PeerFacts] = [
    facts(), PolicyFixtures.peer("10.0.0.1"), facts { $0.link = .securing }, facts { ($0.link, $0.identities) = (.plain, []) },
    facts { ($0.artifact, $0.infoHash) = (nil, SHA1Digest.hash(of: [1])) }, facts { $0.peerID = PeerID([UInt8](repeating: 7, count: 20)) },
    facts { $0.capability = capability() }, facts { $0.history = PeerHistory(bytes: 10 << 30, connections: 3) },
    facts { $0.history = PeerHistory(bytes: nil, connections: 0) },
  ]

  @Test(arguments: cases.indices) func `Facts come back as the guards saw them`(index: Int) throws {
    let facts = Self.cases[index]
    let recorded = RecordedFacts(facts, .request)
    let read = try JSONDecoder().decode(RecordedFacts.self, from: Data(recorded.json.utf8))
    #expect(read == recorded && read.isComplete)
    #expect(try JSONDecoder().decode(RecordedFacts.self, from: JSONEncoder().encode(recorded)) == recorded)
    let back = try #require(read.peerFacts(artifact: facts.artifact))
    #expect(back.address == facts.address && back.direction == facts.direction && back.identities == facts.identities)
    #expect(back.infoHash == facts.infoHash && back.peerID == facts.peerID && back.now == facts.now && back.principal == facts.principal)
    #expect(back.link.isSecuring == facts.link.isSecuring && back.link.certificate?.trust == facts.link.certificate?.trust)
    #expect(back.link.certificate?.validUntil == facts.link.certificate?.validUntil)
    #expect(back.capability?.operations == facts.capability?.operations && back.capability?.files == facts.capability?.files)
    #expect(back.history == facts.history)
    // And they say the same again.
    #expect(RecordedFacts(back, .request) == recorded)
  }

  @Test func `What binds a link is never recorded`() {
    let json = RecordedFacts(Self.facts(), .connect).json
    #expect(!json.contains("238,238") && !json.lowercased().contains("eeeeee") && !json.contains("exporter"))
    #expect(RecordedFacts(Self.facts(), .connect).peerFacts(artifact: nil)?.link.certificate?.exporter == nil)
  }

  @Test func `However much a peer and an artifact say, the record fits in a row, and says what had no room`() throws {
    let long = String(repeating: "\u{1}\"", count: 3000)
    var huge = Self.facts { facts in
      facts.identities = (0..<16).map { Identity(trust: "fleet", name: "spiffe://corp/\($0)/" + String(repeating: "x", count: 200)) }
      facts.capability = Self.capability(files: [[long]])
      facts.artifact = PolicyFixtures.artifact(long, labels: Dictionary(uniqueKeysWithValues: (0..<100).map { ("label-\($0)", long) }))
      facts.link = .tls(
        CertificateFacts(trust: long, subject: long, serial: long, issuers: [long], validUntil: WallTime(nanoseconds: 5), exporter: nil))
    }
    huge.history = PeerHistory(bytes: .max, connections: .max)
    let recorded = RecordedFacts(huge, .request)
    #expect(recorded.json.utf8.count <= 4096)
    #expect(!recorded.isComplete && Set(recorded.leftOut) == ["identities", "capability", "labels", "name", "subject"])
    #expect(recorded.identities.count == 4 && recorded.identities.first == huge.identities.first)
    #expect(try JSONDecoder().decode(RecordedFacts.self, from: Data(recorded.json.utf8)) == recorded)
  }

  @Test func `A record that makes no sense gives no facts`() throws {
    let json = RecordedFacts(PolicyFixtures.peer("10.0.0.1"), .connect).json.replacing("10.0.0.1:50000", with: "nowhere")
    #expect(try JSONDecoder().decode(RecordedFacts.self, from: Data(json.utf8)).peerFacts(artifact: nil) == nil)
  }
}
