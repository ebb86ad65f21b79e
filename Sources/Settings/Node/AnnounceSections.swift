internal import PluginKit

// `announce-address` and `announce-links`, as they are written.

/// `announce-address`: an entry, or a list of them.
struct AnnounceAddressSection: Decodable {
  let address: NodeSettings.AnnounceAddress
  let spot: Spot

  init(from decoder: any Decoder) throws {
    spot = Spot(decoder)
    guard let strict = decoder as? StrictDecoder, case .sequence(let items) = strict.node.content else {
      address = NodeSettings.AnnounceAddress().naming(try AnnounceEntry(from: decoder)) ?? NodeSettings.AnnounceAddress()
      return
    }
    guard !items.isEmpty else { throw SettingsProblem("expected \(AnnounceEntry.expected), found an empty list") }
    var (address, problems) = (NodeSettings.AnnounceAddress(), [SettingsProblem]())
    for entry in try [Placed<AnnounceEntry>](from: decoder) {
      guard let next = address.naming(entry.value) else {
        problems.append(SettingsProblem(entry.value.repetition, place: entry.place))
        continue
      }
      address = next
    }
    guard problems.isEmpty else { throw SettingsProblems(problems) }
    self.address = address
  }
}

/// `ADDRESS`, `ADDRESS:PORT` or `PORT`: where a node is reached from elsewhere.
enum AnnounceEntry: TextValue, Equatable {
  case address(IPAddress, port: UInt16?)
  /// Of addresses of either family.
  case port(UInt16)

  static let expected = "an address, ADDRESS:PORT, or a port such as 203.0.113.7, \"[2001:db8::7]:16881\" or 16881"

  init(text: String) throws(SettingsProblem) {
    guard !text.contains("%") else { throw Self.mismatch(text, "an address with a zone is not supported") }
    if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      guard let port = UInt16(text), port > 0 else { throw Self.mismatch(text, Self.noPort) }
      self = .port(port)
      return
    }
    let isBracketed = text.hasPrefix("[") && text.hasSuffix("]")
    if let ip = IPAddress(isBracketed ? String(text.dropFirst().dropLast()) : text), !isBracketed || ip.family == .v6 {
      self = .address(try Self.dialable(ip, text), port: nil)
      return
    }
    let place: SocketAddress
    do {
      place = try SocketAddress(text: text)
    } catch {
      throw Self.mismatch(text, Self.hint(text))
    }
    guard place.address.port > 0 else { throw Self.mismatch(text, Self.noPort) }
    self = .address(try Self.dialable(place.address.ip, text), port: place.address.port)
  }

  private static let noPort = "a port that peers come to is a number from 1 to 65535"

  /// What stands in the list before leaves no place for this.
  var repetition: String {
    switch self {
    case .address(let ip, _): "there is an \(ip.family == .v4 ? "IPv4" : "IPv6") address already: a node is reached at one of each family"
    case .port: "there is a port already"
    }
  }

  private static func hint(_ text: String) -> String {
    let host = text.split(separator: ":", omittingEmptySubsequences: false).first ?? ""
    if HostName.isHost(String(host)), host.contains(where: \.isLetter) {
      return "trackers and peers take addresses: names are not resolved here, write the address"
    }
    return IPAddress(String(host)) == nil ? "" : noPort
  }

  private static func dialable(_ ip: IPAddress, _ text: String) throws(SettingsProblem) -> IPAddress {
    let bytes = ip.bytes
    guard bytes.contains(where: { $0 != 0 }) else { throw mismatch(text, "nobody can dial every address: write the one that peers reach") }
    let isMulticast = ip.family == .v4 ? (224...239).contains(bytes[0]) : bytes[0] == 0xFF
    guard !isMulticast, ip.family == .v6 || bytes.contains(where: { $0 != 255 }) else { throw mismatch(text, "it is not one machine's") }
    return ip
  }
}

extension NodeSettings.AnnounceAddress {
  /// The same with what the entry says; nil where that has been said before.
  func naming(_ entry: AnnounceEntry) -> Self? {
    var named = self
    switch entry {
    case .address(let ip, let port):
      guard self[ip.family].ip == nil else { return nil }
      named[ip.family].ip = ip
      if let port { named[ip.family].port = port }
    case .port(let port):
      guard everyPort == nil else { return nil }
      named.everyPort = port
    }
    return named
  }
}

/// A word of `announce-links`.
enum AnnounceLinksWord: String, Decodable, CaseIterable {
  case plain, tls, both

  var value: NodeSettings.AnnounceLinks {
    switch self {
    case .plain: .plain
    case .tls: .tls
    case .both: .both
    }
  }
}

/// `announce-links`: a word for all artifacts, or a list of entries, of which the first that matches counts.
struct AnnounceLinksSection: Decodable {
  private struct Entry: Decodable {
    let artifacts: [ArtifactPattern]
    let links: AnnounceLinksWord
  }

  let rules: [NodeSettings.AnnounceRule]
  let spot: Spot

  init(from decoder: any Decoder) throws {
    spot = Spot(decoder)
    guard let strict = decoder as? StrictDecoder, case .scalar = strict.node.content else {
      rules = try [Entry](from: decoder).map { .init(artifacts: $0.artifacts.map(\.text), links: $0.links.value) }
      return
    }
    let text = try strict.scalarText(expected: Self.expected)
    guard let word = AnnounceLinksWord(rawValue: text) else {
      throw SettingsProblem("expected \(Self.expected), found '\(printable(text))'")
    }
    rules = [.init(artifacts: nil, links: word.value)]
  }

  private static let expected = "plain, tls, both or a list of { artifacts, links }"
}
