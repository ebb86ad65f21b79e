internal import PluginKit

// `tracker` and `zones`, as they are written.

/// `tracker`.
struct TrackerSection: Decodable {
  let listen: [TrackerListenSection]
  let interval: BoundedSpan<10_000, 86_400_000>?
  let keys: FilePath?
  let maximumPeers: Whole<1, 10_000_000>?
  let outsidePerZone: OrWord<Unlimited, Whole<1, 1_000_000>>?
  let outsideFor: BoundedSpan<10_000, 86_400_000>?

  private enum CodingKeys: String, CodingKey {
    case listen, interval, keys
    case maximumPeers = "max-peers"
    case outsidePerZone = "outside-per-zone"
    case outsideFor = "outside-for"
  }
}

/// An entry of `tracker.listen`.
struct TrackerListenSection: Decodable {
  let address: Placed<SocketAddress>
  let speaks: TrackerWord
  let tls: TLSName?
  let spot: Spot

  private enum CodingKeys: String, CodingKey {
    case address, tls
    case speaks = "protocol"
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    address = try container.decode(Placed<SocketAddress>.self, forKey: .address)
    speaks = try container.decode(TrackerWord.self, forKey: .speaks)
    tls = try container.decodeIfPresent(TLSName.self, forKey: .tls)
    spot = Spot(decoder)
  }
}

/// `protocol` of such an entry.
struct TrackerWord: TextValue {
  let value: NodeSettings.TrackerProtocol

  static let expected = "http or udp"

  init(text: String) throws(SettingsProblem) {
    guard let value = NodeSettings.TrackerProtocol(rawValue: text) else {
      throw Self.mismatch(text, text == "https" ? "write http, and tls with the entry that it speaks with" : "")
    }
    self.value = value
  }
}

/// `zones`: networks under names of the operator's.
struct ZonesSection: Decodable {
  let zones: [NodeSettings.Zone]

  init(from decoder: any Decoder) throws {
    guard let strict = decoder as? StrictDecoder else { throw SettingsProblem("zones can only be read from a YAML file") }
    var zones: [NodeSettings.Zone] = []
    for pair in try strict.mapping() {
      let child = strict.child(pair.value, .key(pair.key))
      let networks = try child.optionalValue([ZoneNetwork].self) ?? []
      zones.append(NodeSettings.Zone(name: pair.key, networks: networks.map(\.network)))
    }
    self.zones = zones
  }
}

/// A network of a zone.
struct ZoneNetwork: TextValue {
  let network: IPNetwork

  static let expected = "a network such as 10.20.0.0/16"

  init(text: String) throws(SettingsProblem) {
    guard let network = IPNetwork(text) else { throw Self.mismatch(text) }
    guard !network.hasHostBits else { throw Self.mismatch(text, "bits beyond the prefix are set: \(network.canonical) is meant") }
    self.network = network
  }
}

/// What is wrong between `tracker`, `zones` and `links`.
enum TrackerChecks {
  static func problems(_ root: RootSection) -> [Problem] {
    guard let tracker = root.tracker else { return [] }
    var problems: [Problem] = []
    if root.links == .tls {
      problems += tracker.listen.filter { $0.tls == nil }.map {
        $0.spot.problem("a plain listener, but 'links: tls' says that this node never speaks plain")
      }
    }
    problems += tracker.listen.filter { $0.tls != nil && $0.speaks.value == .udp }.map { $0.spot.problem("UDP knows no TLS") }
    var seen: Set<String> = []
    for listener in tracker.listen where listener.address.value.address.port > 0 {
      let address = "\(listener.speaks.value.rawValue) \(listener.address.value.address)"
      if !seen.insert(address).inserted { problems.append(listener.spot.problem("\(address) stands here a second time")) }
    }
    return problems
  }
}
