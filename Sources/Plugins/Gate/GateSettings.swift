internal import PluginKit

/// What stands below `gate` in the YAML.
package struct GateSettings: Decodable, Sendable {
  let onRequest: [Placed<GateRuleSettings>]
  let metadata: [Placed<GateRuleSettings>]?
  let writeRequest: Placed<AnyShape>?

  private enum CodingKeys: String, CodingKey {
    case onRequest = "on_request"
    case metadata
    case writeRequest = "write_request"
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    onRequest = try container.decode([Placed<GateRuleSettings>].self, forKey: .onRequest)
    metadata = try container.decodeIfPresent([Placed<GateRuleSettings>].self, forKey: .metadata)
    writeRequest = container.contains(.writeRequest) ? try container.decode(Placed<AnyShape>.self, forKey: .writeRequest) : nil
  }
}

/// A rule of the gate as settings have it.
struct GateRuleSettings: Decodable, Sendable {
  let answer: Placed<String>?
  let peers: [Placed<String>]?
  let identities: [Placed<String>]?
  let artifacts: [Placed<String>]?
  let files: [Placed<String>]?
  let pieces: [Placed<PieceRangeSettings>]?
  let when: Placed<TimeWindowSettings>?
  let note: NoteSettings

  private enum CodingKeys: String, CodingKey { case answer, peers, identities, artifacts, files, pieces, when, until, reason, by }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    answer = try container.decodeIfPresent(Placed<String>.self, forKey: .answer)
    peers = try container.decodeIfPresent([Placed<String>].self, forKey: .peers)
    identities = try container.decodeIfPresent([Placed<String>].self, forKey: .identities)
    artifacts = try container.decodeIfPresent([Placed<String>].self, forKey: .artifacts)
    files = try container.decodeIfPresent([Placed<String>].self, forKey: .files)
    pieces = try container.decodeIfPresent([Placed<PieceRangeSettings>].self, forKey: .pieces)
    when = try container.decodeIfPresent(Placed<TimeWindowSettings>.self, forKey: .when)
    note = NoteSettings(
      reason: try container.decodeIfPresent(String.self, forKey: .reason), by: try container.decodeIfPresent(String.self, forKey: .by),
      until: try container.decodeIfPresent(Placed<String>.self, forKey: .until))
  }
}
