internal import PluginKit

/// What stands below `auth` in the YAML.
package struct AuthSettings: Decodable, Sendable {
  /// What an `auth` needs of the link.
  enum Link: String, Decodable, Sendable { case tls, none }

  let keys: Placed<String>
  let required: AuthRequirement
  let exempt: [Placed<String>]
  let requires: Placed<String>?
  let tokens: Placed<TokenSettings>?
  let token: Placed<String>?

  private enum CodingKeys: String, CodingKey { case keys, required, exempt, requires, tokens, token }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    keys = try container.decode(Placed<String>.self, forKey: .keys)
    required = try container.decodeIfPresent(AuthRequirement.self, forKey: .required) ?? .always
    exempt = try container.decodeIfPresent([Placed<String>].self, forKey: .exempt) ?? []
    requires = try container.decodeIfPresent(Placed<String>.self, forKey: .requires)
    tokens = try container.decodeIfPresent(Placed<TokenSettings>.self, forKey: .tokens)
    token = try container.decodeIfPresent(Placed<String>.self, forKey: .token)
  }
}

/// `required`: true, or a list of rules that name the artifacts.
enum AuthRequirement: Decodable, Sendable {
  case always
  case never
  case rules([Placed<Rule>])

  struct Rule: Decodable, Sendable {
    let artifacts: [Placed<String>]

    private enum CodingKeys: String, CodingKey { case artifacts }

    init(from decoder: any Decoder) throws {
      artifacts = try decoder.container(keyedBy: CodingKeys.self).decode([Placed<String>].self, forKey: .artifacts)
    }
  }

  init(from decoder: any Decoder) throws {
    if let isRequired = try? decoder.singleValueContainer().decode(Bool.self) {
      self = isRequired ? .always : .never
    } else {
      self = .rules(try [Placed<Rule>](from: decoder))
    }
  }
}

/// `tokens`: whose tokens are taken, and which of them are not any more.
struct TokenSettings: Decodable, Sendable {
  let issuers: [Placed<Issuer>]
  let revoked: [Placed<String>]

  private enum CodingKeys: String, CodingKey { case issuers, revoked }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    issuers = try container.decode([Placed<Issuer>].self, forKey: .issuers)
    revoked = try container.decodeIfPresent([Placed<String>].self, forKey: .revoked) ?? []
  }

  struct Issuer: Decodable, Sendable {
    let name: Placed<String>
    let `public`: Placed<String>
    let note: NoteSettings

    private enum CodingKeys: String, CodingKey { case name, `public`, until, reason, by }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      name = try container.decode(Placed<String>.self, forKey: .name)
      `public` = try container.decode(Placed<String>.self, forKey: .public)
      note = NoteSettings(
        reason: try container.decodeIfPresent(String.self, forKey: .reason), by: try container.decodeIfPresent(String.self, forKey: .by),
        until: try container.decodeIfPresent(Placed<String>.self, forKey: .until))
    }
  }
}
