internal import PluginKit

/// What stands below `allowlist` in the YAML.
package struct AllowlistSettings: Decodable, Sendable {
  let addresses: [Placed<AllowlistEntrySettings>]
  let file: Placed<String>?
  let identities: Placed<AnyShape>?

  private enum CodingKeys: String, CodingKey { case addresses, file, identities }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    addresses = try container.decodeIfPresent([Placed<AllowlistEntrySettings>].self, forKey: .addresses) ?? []
    file = try container.decodeIfPresent(Placed<String>.self, forKey: .file)
    // A null here is as much a mistake as a list: the key itself is refused.
    identities = container.contains(.identities) ? try container.decode(Placed<AnyShape>.self, forKey: .identities) : nil
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
