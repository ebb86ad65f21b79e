import PluginKit

/// Zones by network: where peers are near each other.
package struct ZoneMap: Sendable, Hashable {
  /// A zone's number; 0 for being in none.
  typealias Zone = Int

  private let networks: [(network: IPNetwork, zone: Zone)]
  private let names: [String]

  /// Of networks that overlap the longest prefix counts.
  package init(_ zones: [(name: String, networks: [IPNetwork])] = []) {
    names = zones.map(\.name)
    networks = zones.enumerated().flatMap { index, zone in zone.networks.map { (network: $0, zone: index + 1) } }
      .sorted { $0.network.prefixLength > $1.network.prefixLength }
  }

  func zone(of ip: IPAddress) -> Zone { networks.first { $0.network.contains(ip) }?.zone ?? 0 }

  package static func == (one: ZoneMap, other: ZoneMap) -> Bool {
    one.names == other.names && one.networks.elementsEqual(other.networks) { $0 == $1 }
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(names)
    for entry in networks { hasher.combine(entry.network) }
  }
}
