import Foundation
import Inventory
import Metainfo
import PeerProtocol
import PluginKit

/// One line of a table that `policy test` reads: who asks for what, and what is to come of it.
struct PolicyCase: Decodable, Sendable {
  /// What is expected.
  enum Expected: String, CaseIterable { case allow, deny, part }

  let peer: Placed<String>
  let identities: [Placed<String>]
  let client: String?
  let artifact: String?
  let labels: [String: String]
  let file: Placed<String>?
  let operation: Placed<String>?
  let at: Placed<String>?
  let expect: Placed<String>
  let plugin: String?
  let rule: String?

  private enum CodingKeys: CodingKey { case peer, identities, client, artifact, labels, file, operation, at, expect, plugin, rule }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    peer = try container.decode(Placed<String>.self, forKey: .peer)
    identities = try container.decodeIfPresent([Placed<String>].self, forKey: .identities) ?? []
    client = try container.decodeIfPresent(String.self, forKey: .client)
    artifact = try container.decodeIfPresent(String.self, forKey: .artifact)
    labels = try container.decodeIfPresent([String: String].self, forKey: .labels) ?? [:]
    file = try container.decodeIfPresent(Placed<String>.self, forKey: .file)
    operation = try container.decodeIfPresent(Placed<String>.self, forKey: .operation)
    at = try container.decodeIfPresent(Placed<String>.self, forKey: .at)
    expect = try container.decode(Placed<String>.self, forKey: .expect)
    plugin = try container.decodeIfPresent(String.self, forKey: .plugin)
    rule = try container.decodeIfPresent(String.self, forKey: .rule)
  }
}

/// A case with its values read.
struct PolicyQuestion: Sendable {
  let facts: PeerFacts
  let operation: PluginKit.Operation
  let expected: PolicyCase.Expected
  /// The file that is asked about; nil for the artifact as a whole.
  let file: Int?

  /// Throws `SettingsProblem` for values that make no sense.
  init(_ row: PolicyCase, artifact: ArtifactFacts?, now: WallTime) throws(SettingsProblem) {
    guard let expected = PolicyCase.Expected(rawValue: row.expect.value) else {
      throw SettingsProblem("expect: '\(row.expect.value)' is none of allow, deny, part", place: row.expect.place)
    }
    let name = row.operation?.value ?? PluginKit.Operation.request.rawValue
    guard let operation = PluginKit.Operation(rawValue: name) else {
      let known = PluginKit.Operation.allCases.map(\.rawValue).joined(separator: ", ")
      throw SettingsProblem("operation: '\(name)' is none of \(known)", place: row.operation?.place)
    }
    guard let address = PeerAddress(row.peer.value) ?? IPAddress(row.peer.value).map({ PeerAddress(ip: $0, port: 0) }) else {
      throw SettingsProblem("peer: '\(row.peer.value)' is no address", place: row.peer.place)
    }
    let identities = try row.identities.map(Self.identity)
    (self.operation, self.expected) = (operation, expected)
    file = try row.file.map { file throws(SettingsProblem) in
      guard let index = artifact?.layout.files.firstIndex(where: { $0.displayPath == file.value }) else {
        throw SettingsProblem("file: the artifact has no file '\(file.value)'", place: file.place)
      }
      return index
    }
    var facts = PeerFacts(
      address: address, direction: .inbound, link: Self.link(identities), identities: identities, artifact: artifact,
      infoHash: artifact?.infoHash.preferredWire, peerID: Self.peerID(row.client ?? ""), now: try Self.time(row.at) ?? now)
    // A peer of a table has had nothing yet.
    facts.history = PeerHistory(bytes: 0, connections: 0)
    self.facts = facts
  }

  /// What the pipeline says: the first refusal, else who allowed last.
  func answer(_ pipeline: Pipeline) -> (verdict: PolicyCase.Expected, judgement: Judgement?) {
    let decisions = (operation == .connect ? [.connect] : [.connect, operation]).map { pipeline.decide($0, facts) }
    if let refused = decisions.first(where: { !$0.isAllowed }) { return (.deny, refused.refusal) }
    let judgement = decisions.last { !$0.judgements.isEmpty }?.judgements.last
    guard let scope = decisions.last?.scope, case .part(let part) = scope, let layout = facts.artifact?.layout else {
      return (.allow, judgement)
    }
    if let file { return (part.covers(file: file, of: layout) ? .allow : .deny, judgement) }
    return (part.isEmpty ? .deny : .part, judgement)
  }

  private static func identity(_ text: Placed<String>) throws(SettingsProblem) -> Identity {
    guard let slash = text.value.firstIndex(of: "/"), slash > text.value.startIndex, text.value[slash...].contains(":") else {
      throw SettingsProblem("identities: '\(text.value)' is no identity such as fleet/spiffe://corp/edge/7", place: text.place)
    }
    return Identity(trust: String(text.value[..<slash]), name: String(text.value[text.value.index(after: slash)...]))
  }

  /// Names of certificates are proven by TLS, and by nothing else.
  private static func link(_ identities: [Identity]) -> PeerLink {
    guard let identity = identities.first(where: { $0.trust != Identity.conversationTrust }) else { return .plain }
    return .tls(
      CertificateFacts(
        trust: identity.trust, subject: "", serial: "", issuers: [], validUntil: WallTime(nanoseconds: .max), exporter: nil))
  }

  /// An id that begins so. The handshakes are over: nothing of the peer is still to come.
  private static func peerID(_ start: String) -> PeerID? {
    PeerID(Array((Array(start.utf8) + [UInt8](repeating: 0, count: 20)).prefix(20)))
  }

  private static func time(_ text: Placed<String>?) throws(SettingsProblem) -> WallTime? {
    guard let text else { return nil }
    guard let time = JournalSince.time(text.value, now: .now()) else {
      throw SettingsProblem("at: '\(text.value)' is no moment such as 2027-01-31T18:00:00Z", place: text.place)
    }
    return WallTime(nanoseconds: time.nanoseconds)
  }
}
