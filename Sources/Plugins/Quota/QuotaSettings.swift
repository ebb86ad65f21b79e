internal import PluginKit

/// What stands below `quota` in the YAML: a list of rules, or one rule.
package struct QuotaSettings: Decodable, Sendable {
  let rules: [Placed<QuotaRuleSettings>]

  package init(from decoder: any Decoder) throws {
    if (try? decoder.unkeyedContainer()) != nil {
      rules = try decoder.singleValueContainer().decode([Placed<QuotaRuleSettings>].self)
    } else {
      rules = [try Placed(from: decoder)]
    }
  }
}

/// A rule as settings have it.
struct QuotaRuleSettings: Decodable, Sendable {
  let principals: [Placed<String>]?
  let artifacts: [Placed<String>]?
  let per: Placed<String>?
  let bytes: Placed<AmountSettings>?
  let blocks: Placed<Int>?
  let rate: Placed<AmountSettings>?
  let window: Placed<AmountSettings>?
  let sliding: Placed<Bool>?
  let note: NoteSettings

  private enum CodingKeys: String, CodingKey {
    case principals, artifacts, per, bytes, blocks, rate, window, sliding, until, reason, by
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    principals = try container.decodeIfPresent([Placed<String>].self, forKey: .principals)
    artifacts = try container.decodeIfPresent([Placed<String>].self, forKey: .artifacts)
    per = try container.decodeIfPresent(Placed<String>.self, forKey: .per)
    bytes = try container.decodeIfPresent(Placed<AmountSettings>.self, forKey: .bytes)
    blocks = try container.decodeIfPresent(Placed<Int>.self, forKey: .blocks)
    rate = try container.decodeIfPresent(Placed<AmountSettings>.self, forKey: .rate)
    window = try container.decodeIfPresent(Placed<AmountSettings>.self, forKey: .window)
    sliding = try container.decodeIfPresent(Placed<Bool>.self, forKey: .sliding)
    note = NoteSettings(
      reason: try container.decodeIfPresent(String.self, forKey: .reason), by: try container.decodeIfPresent(String.self, forKey: .by),
      until: try container.decodeIfPresent(Placed<String>.self, forKey: .until))
  }
}

/// An amount with its unit; a bare number of bytes is one too.
struct AmountSettings: Decodable, Sendable {
  let text: String

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Int64.self) { text = String(number) } else { text = try container.decode(String.self) }
  }
}
