internal import PluginKit

/// What stands below `gate` in the YAML.
package struct GateSettings: Decodable, Sendable {
  let lists: GateLists
  /// Files of rules, or patterns of such.
  let files: [Placed<String>]

  private enum CodingKeys: String, CodingKey {
    case onRequest = "on_request"
    case metadata, connect, announce, message
    case writeRequest = "write_request"
    case rules
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    lists = try GateLists { list in
      guard let key = CodingKeys(stringValue: list.rawValue), container.contains(key) else { return nil }
      return try container.decode([Placed<GateRuleSettings>].self, forKey: key)
    }
    guard container.contains(.rules) else {
      files = []
      return
    }
    files = try container.decode(GateFileNames.self, forKey: .rules).names
  }
}

/// One name, or a list of them.
private struct GateFileNames: Decodable {
  let names: [Placed<String>]

  init(from decoder: any Decoder) throws {
    if let name = try? decoder.singleValueContainer().decode(String.self) {
      names = [Placed(name, place: (decoder as? any PlacedDecoder)?.place)]
    } else {
      names = try [Placed<String>](from: decoder)
    }
  }
}

/// Lists of rules: those of the settings, or those of a file.
struct GateLists: Decodable, Sendable {
  let rules: [GateList: [Placed<GateRuleSettings>]]

  /// The lists that the closure has.
  init(_ list: (GateList) throws -> [Placed<GateRuleSettings>]?) throws {
    var rules: [GateList: [Placed<GateRuleSettings>]] = [:]
    for name in GateList.allCases { rules[name] = try list(name) }
    self.rules = rules
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: GateList.self)
    try self.init { list in
      container.contains(list) ? try container.decode([Placed<GateRuleSettings>].self, forKey: list) : nil
    }
  }

  /// Whether there is no rule in any list.
  var isEmpty: Bool { rules.values.allSatisfy(\.isEmpty) }
}

/// A rule of the gate as settings have it.
struct GateRuleSettings: Decodable, Sendable {
  let answer: Placed<String>?
  let peers: [Placed<String>]?
  let identities: [Placed<String>]?
  let clients: [Placed<String>]?
  let artifacts: [Placed<String>]?
  let files: [Placed<String>]?
  let pieces: [Placed<PieceRangeSettings>]?
  let when: Placed<TimeWindowSettings>?
  /// Of `postpone`.
  let wait: Placed<String>?
  /// Of `limit`.
  let rate: Placed<String>?
  /// Of `write_request`.
  let inFlight: Placed<Int>?
  let prefer: [Placed<String>]?
  let note: NoteSettings

  private enum CodingKeys: String, CodingKey {
    case answer, peers, identities, clients, artifacts, files, pieces, when, rate, prefer, until, reason, by
    case wait = "for"
    case inFlight = "in-flight"
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    answer = try container.decodeIfPresent(Placed<String>.self, forKey: .answer)
    peers = try container.decodeIfPresent([Placed<String>].self, forKey: .peers)
    identities = try container.decodeIfPresent([Placed<String>].self, forKey: .identities)
    clients = try container.decodeIfPresent([Placed<String>].self, forKey: .clients)
    artifacts = try container.decodeIfPresent([Placed<String>].self, forKey: .artifacts)
    files = try container.decodeIfPresent([Placed<String>].self, forKey: .files)
    pieces = try container.decodeIfPresent([Placed<PieceRangeSettings>].self, forKey: .pieces)
    when = try container.decodeIfPresent(Placed<TimeWindowSettings>.self, forKey: .when)
    wait = try container.decodeIfPresent(Placed<String>.self, forKey: .wait)
    rate = try container.decodeIfPresent(Placed<String>.self, forKey: .rate)
    inFlight = try container.decodeIfPresent(Placed<Int>.self, forKey: .inFlight)
    prefer = try container.decodeIfPresent([Placed<String>].self, forKey: .prefer)
    note = NoteSettings(
      reason: try container.decodeIfPresent(String.self, forKey: .reason), by: try container.decodeIfPresent(String.self, forKey: .by),
      until: try container.decodeIfPresent(Placed<String>.self, forKey: .until))
  }
}
