internal import PluginKit

/// What stands below `allowlist` in the YAML.
package struct AllowlistSettings: Decodable, Sendable {
  let addresses: [Placed<AllowlistEntrySettings>]
  let file: Placed<String>?
  /// Whether an address must be in the list too: always, but where the list is of identities only.
  let isAboutAddresses: Bool
  /// nil where nothing is said of identities; an empty list allows nobody.
  let identities: [Placed<AllowlistIdentitySettings>]?

  private enum CodingKeys: String, CodingKey { case addresses, file, identities }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    addresses = try container.decodeIfPresent([Placed<AllowlistEntrySettings>].self, forKey: .addresses) ?? []
    file = try container.decodeIfPresent(Placed<String>.self, forKey: .file)
    let isAboutIdentities = container.contains(.identities)
    let list = try container.decodeIfPresent([Placed<AllowlistIdentitySettings>].self, forKey: .identities)
    identities = isAboutIdentities ? list ?? [] : nil
    isAboutAddresses = container.contains(.addresses) || file != nil || !isAboutIdentities
  }
}

/// An address or network; as a mapping, with a note.
struct AllowlistEntrySettings: Decodable, Sendable {
  let address: String
  let note: NoteSettings

  private enum CodingKeys: String, CodingKey { case address, reason, by, until }

  init(from decoder: any Decoder) throws {
    if let text = try? decoder.singleValueContainer().decode(String.self) {
      (address, note) = (text, NoteSettings())
      return
    }
    let container = try decoder.container(keyedBy: CodingKeys.self)
    address = try container.decode(String.self, forKey: .address)
    note = NoteSettings(
      reason: try container.decodeIfPresent(String.self, forKey: .reason), by: try container.decodeIfPresent(String.self, forKey: .by),
      until: try container.decodeIfPresent(Placed<String>.self, forKey: .until))
  }
}

/// A pattern of identities; as a mapping, with a note.
struct AllowlistIdentitySettings: Decodable, Sendable {
  let identity: String
  let note: NoteSettings

  private enum CodingKeys: String, CodingKey { case identity, reason, by, until }

  init(from decoder: any Decoder) throws {
    if let text = try? decoder.singleValueContainer().decode(String.self) {
      (identity, note) = (text, NoteSettings())
      return
    }
    let container = try decoder.container(keyedBy: CodingKeys.self)
    identity = try container.decode(String.self, forKey: .identity)
    note = NoteSettings(
      reason: try container.decodeIfPresent(String.self, forKey: .reason), by: try container.decodeIfPresent(String.self, forKey: .by),
      until: try container.decodeIfPresent(Placed<String>.self, forKey: .until))
  }
}
