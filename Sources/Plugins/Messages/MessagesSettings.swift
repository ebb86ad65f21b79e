internal import PluginKit

/// What stands below `messages` in the YAML: the declared messages, or a mapping that has the built-in ones too.
package struct MessagesSettings: Decodable, Sendable {
  let custom: [Placed<CustomMessageSettings>]
  let notices: Placed<NoticeSettings>?
  let have: Placed<HaveSettings>?

  private enum CodingKeys: String, CodingKey { case custom, notices, have }

  package init(from decoder: any Decoder) throws {
    guard (try? decoder.unkeyedContainer()) == nil else {
      custom = try decoder.singleValueContainer().decode([Placed<CustomMessageSettings>].self)
      (notices, have) = (nil, nil)
      return
    }
    let container = try decoder.container(keyedBy: CodingKeys.self)
    custom = try container.decodeIfPresent([Placed<CustomMessageSettings>].self, forKey: .custom) ?? []
    notices = try container.decodeIfPresent(Placed<NoticeSettings>.self, forKey: .notices)
    have = try container.decodeIfPresent(Placed<HaveSettings>.self, forKey: .have)
  }
}

/// `notices`: what signs ours, and whose are taken.
struct NoticeSettings: Decodable, Sendable {
  let key: Placed<String>?
  let trusted: [Placed<Signer>]

  private enum CodingKeys: String, CodingKey { case key, trusted }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    key = try container.decodeIfPresent(Placed<String>.self, forKey: .key)
    trusted = try container.decodeIfPresent([Placed<Signer>].self, forKey: .trusted) ?? []
  }

  /// A public key; as a mapping, with a name and a note.
  struct Signer: Decodable, Sendable {
    let id: String?
    let `public`: Placed<String>
    let note: NoteSettings

    private enum CodingKeys: String, CodingKey { case id, `public`, until, reason, by }

    init(from decoder: any Decoder) throws {
      if let text = try? decoder.singleValueContainer().decode(String.self) {
        (id, `public`, note) = (nil, Placed(text, place: (decoder as? any PlacedDecoder)?.place), NoteSettings())
        return
      }
      let container = try decoder.container(keyedBy: CodingKeys.self)
      id = try container.decodeIfPresent(String.self, forKey: .id)
      `public` = try container.decode(Placed<String>.self, forKey: .public)
      note = NoteSettings(
        reason: try container.decodeIfPresent(String.self, forKey: .reason), by: try container.decodeIfPresent(String.self, forKey: .by),
        until: try container.decodeIfPresent(Placed<String>.self, forKey: .until))
    }
  }
}

/// `have`: who may ask what we have.
struct HaveSettings: Decodable, Sendable {
  let from: [Placed<String>]
  let rate: Placed<String>?

  private enum CodingKeys: String, CodingKey { case from, rate }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    from = try container.decodeIfPresent([Placed<String>].self, forKey: .from) ?? []
    rate = try container.decodeIfPresent(Placed<String>.self, forKey: .rate)
  }
}
