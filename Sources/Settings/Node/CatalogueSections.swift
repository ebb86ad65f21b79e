internal import PluginKit

// `catalogue`, `mirror` and `disk`, as they are written.

/// `catalogue`.
struct CatalogueSection: Decodable {
  let listen: [ListenSection]
  let key: FilePath
  let keys: FilePath?
  let name: CatalogueName?
  let artifacts: [ArtifactPattern]?
  let renew: BoundedSpan<60_000, 604_800_000>?
}

/// `catalogue.name`.
struct CatalogueName: TextValue {
  let text: String

  static let expected = "a name of 1 to 128 bytes on one line"

  init(text: String) throws(SettingsProblem) {
    guard (1...128).contains(text.utf8.count), printable(text) == text else { throw Self.mismatch(text) }
    self.text = text
  }
}

/// An entry of `mirror`.
struct MirrorSection: Decodable {
  let catalogue: CatalogueURL
  let keys: [CataloguePublicKey]?
  let unsigned: Bool?
  let take: OneOrMore<ArtifactPattern>
  let labels: [String: String]?
  let keep: OrWord<All, Whole<1, 100_000>>?
  let pin: OneOrMore<ArtifactPattern>?
  let grace: TimeSpan?
  let every: BoundedSpan<1000, 86_400_000>?
  let maximumAge: TimeSpan?
  let to: FilePath?
  let paused: Bool?
  let spot: Spot
  let place: String

  private enum CodingKeys: String, CodingKey {
    case catalogue, keys, unsigned, take, labels, keep, pin, grace, every, to, paused
    case maximumAge = "max-age"
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    catalogue = try container.decode(CatalogueURL.self, forKey: .catalogue)
    keys = try container.decodeIfPresent([CataloguePublicKey].self, forKey: .keys)
    unsigned = try container.decodeIfPresent(Bool.self, forKey: .unsigned)
    take = try container.decode(OneOrMore<ArtifactPattern>.self, forKey: .take)
    labels = try container.decodeIfPresent([String: String].self, forKey: .labels)
    keep = try container.decodeIfPresent(OrWord<All, Whole<1, 100_000>>.self, forKey: .keep)
    pin = try container.decodeIfPresent(OneOrMore<ArtifactPattern>.self, forKey: .pin)
    grace = try container.decodeIfPresent(TimeSpan.self, forKey: .grace)
    every = try container.decodeIfPresent(BoundedSpan<1000, 86_400_000>.self, forKey: .every)
    maximumAge = try container.decodeIfPresent(TimeSpan.self, forKey: .maximumAge)
    to = try container.decodeIfPresent(FilePath.self, forKey: .to)
    paused = try container.decodeIfPresent(Bool.self, forKey: .paused)
    spot = Spot(decoder)
    place = (decoder as? any PlacedDecoder)?.place ?? ""
  }
}

enum All: SettingsWord { static let text = "all" }

/// A value, or a list of them.
struct OneOrMore<Value: Decodable>: Decodable {
  let values: [Value]

  init(from decoder: any Decoder) throws {
    if let strict = decoder as? StrictDecoder, case .scalar = strict.node.content {
      values = [try Value(from: decoder)]
    } else {
      values = try [Value](from: decoder)
    }
  }
}

/// Where a catalogue is.
struct CatalogueURL: TextValue {
  let text: String

  static let expected = "a catalogue's URL such as https://depot.corp:6970/catalogue"

  init(text: String) throws(SettingsProblem) {
    let scheme = text.prefix { $0 != ":" }.lowercased()
    guard ["http", "https"].contains(scheme) else { throw Self.mismatch(text, "known are http and https") }
    // The same rules as for trackers, in other words.
    do throws(SettingsProblem) { _ = try TrackerURL(text: text) } catch {
      throw Self.mismatch(text.contains("@") ? "\(scheme)://…" : text, "it has no good host, a password, or characters that no URL has")
    }
    guard !text.contains("#") else { throw Self.mismatch(text, "leave out the #") }
    self.text = text
  }
}

/// A public key of Ed25519.
struct CataloguePublicKey: TextValue {
  /// 64 digits in lower case.
  let text: String

  static let expected = "a public key of 64 hexadecimal digits, as 'granary catalogue keys new' prints"

  init(text: String) throws(SettingsProblem) {
    guard text.utf8.count == 64, text.utf8.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) else { throw Self.mismatch(text) }
    self.text = text.lowercased()
  }
}

/// `disk`.
struct DiskSection: Decodable {
  let max: ByteSize
  let high: Percent?
  let low: Percent?
  let keep: Whole<0, 100_000>?
  let spot: Spot

  private enum CodingKeys: CodingKey { case max, high, low, keep }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    max = try container.decode(ByteSize.self, forKey: .max)
    high = try container.decodeIfPresent(Percent.self, forKey: .high)
    low = try container.decodeIfPresent(Percent.self, forKey: .low)
    keep = try container.decodeIfPresent(Whole<0, 100_000>.self, forKey: .keep)
    spot = Spot(decoder)
  }
}
