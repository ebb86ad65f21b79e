internal import PluginKit

// `tls` and what refers to it, as they are written. What is missing, and what names an entry that is not there, is found by `TLSChecks`.

/// Where something stands in the file.
struct Spot {
  let mark: YAMLMark
  let path: SettingsPath

  init(_ decoder: any Decoder) {
    let strict = decoder as? StrictDecoder
    (mark, path) = (strict?.node.mark ?? YAMLMark(line: 1, column: 1), strict?.path ?? SettingsPath())
  }

  init(mark: YAMLMark, path: SettingsPath) {
    (self.mark, self.path) = (mark, path)
  }

  func problem(_ message: String) -> Problem { Problem(mark: mark, path: path, message: message) }
}

/// `tls`: entries under names of the operator's, and the certificates for SSL torrents under a reserved one.
struct TLSSection: Decodable {
  /// A name and what stands under it; nil where that could not be read.
  struct Named {
    let name: String
    let spot: Spot
    let entry: TLSEntrySection?
  }

  let named: [Named]
  let sslTorrents: [SSLTorrentSection]

  init(from decoder: any Decoder) throws {
    guard let strict = decoder as? StrictDecoder else { throw SettingsProblem("tls can only be read from a YAML file") }
    var (named, sslTorrents): ([Named], [SSLTorrentSection]) = ([], [])
    for pair in try strict.mapping() {
      let child = strict.child(pair.value, .key(pair.key))
      if pair.key == TLSName.sslTorrent {
        sslTorrents = try child.optionalValue([SSLTorrentSection].self) ?? []
      } else {
        let spot = Spot(mark: pair.keyMark, path: child.path)
        named.append(Named(name: pair.key, spot: spot, entry: try child.optionalValue(TLSEntrySection.self)))
      }
    }
    (self.named, self.sslTorrents) = (named, sslTorrents)
  }
}

/// A named entry of `tls`.
struct TLSEntrySection: Decodable {
  let certificate, key, trust, revoked: Placed<FilePath>?
  let minimum: TLSMinimum?
  let missing: [String]

  private enum CodingKeys: CodingKey { case certificate, key, trust, revoked, minimum }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    certificate = try container.decodeIfPresent(Placed<FilePath>.self, forKey: .certificate)
    key = try container.decodeIfPresent(Placed<FilePath>.self, forKey: .key)
    trust = try container.decodeIfPresent(Placed<FilePath>.self, forKey: .trust)
    revoked = try container.decodeIfPresent(Placed<FilePath>.self, forKey: .revoked)
    minimum = try container.decodeIfPresent(TLSMinimum.self, forKey: .minimum)
    missing = decoder.missing(["certificate", "key", "trust"])
  }
}

/// An entry of `tls.ssl-torrent`.
struct SSLTorrentSection: Decodable {
  let artifacts: [SSLArtifactPattern]?
  let certificate, key: Placed<FilePath>?
  let minimum: TLSMinimum?
  let missing: [String]
  let spot: Spot
  let place: String

  private enum CodingKeys: CodingKey { case artifacts, certificate, key, minimum }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    artifacts = try container.decodeIfPresent([SSLArtifactPattern].self, forKey: .artifacts)
    certificate = try container.decodeIfPresent(Placed<FilePath>.self, forKey: .certificate)
    key = try container.decodeIfPresent(Placed<FilePath>.self, forKey: .key)
    minimum = try container.decodeIfPresent(TLSMinimum.self, forKey: .minimum)
    missing = decoder.missing(["artifacts", "certificate", "key"])
    spot = Spot(decoder)
    place = (decoder as? any PlacedDecoder)?.place ?? ""
  }
}

extension Decoder {
  /// Those of the keys that the mapping does not have, or has without a value.
  fileprivate func missing(_ keys: [String]) -> [String] {
    guard let node = (self as? StrictDecoder)?.node else { return [] }
    return keys.filter { node[$0]?.isNull ?? true }
  }
}

/// A pattern for SSL torrents: as elsewhere, or a label.
struct SSLArtifactPattern: TextValue {
  let text: String

  static let expected = "an artifact's name, a pattern such as release-*, an info-hash, or label:KEY=VALUE"

  init(text: String) throws(SettingsProblem) {
    guard !text.isEmpty else { throw Self.mismatch(text) }
    if text.hasPrefix("label:") {
      let parts = text.dropFirst("label:".count).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, parts.first?.isEmpty == false else { throw Self.mismatch(text, "a label is written label:KEY=VALUE") }
    }
    self.text = text
  }
}

/// `minimum` of an entry.
struct TLSMinimum: TextValue {
  let value: TLSSettings.Minimum

  static let expected = "\"1.3\" or \"1.2\""

  init(text: String) throws(SettingsProblem) {
    guard let value = TLSSettings.Minimum(rawValue: text) else { throw Self.mismatch(text, "older versions of TLS are not spoken") }
    self.value = value
  }
}

/// `links`.
enum LinksWord: String, Decodable, CaseIterable {
  case any, tls
}

/// The name of an entry of `tls`, where something refers to it.
struct TLSName: Decodable {
  let text: String
  let spot: Spot

  static let sslTorrent = "ssl-torrent"
  static let off = "off"

  init(from decoder: any Decoder) throws {
    guard let strict = decoder as? StrictDecoder else { throw SettingsProblem("a name can only be read from a YAML file") }
    text = try strict.scalarText(expected: "the name of an entry under tls")
    spot = Spot(decoder)
  }

  /// What is wrong with a name for an entry; nil for nothing.
  static func problem(_ name: String) -> String? {
    let isPlain =
      (1...64).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
      }
    guard isPlain else { return "'\(printable(name))' is no name for an entry: write 1 to 64 of a-z, 0-9 and -" }
    let isReserved = ["plain", "off", "any", "tls"].contains(name) || name.hasPrefix("torrent") || name.hasPrefix(sslTorrent)
    return isReserved ? "'\(name)' means something else here: choose another name" : nil
  }
}
