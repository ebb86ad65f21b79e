internal import PluginKit

/// Networks by prefix length, so that an address is looked up in one step for each length in use (at most 33 or 129) however many they are.
struct NetworkTable: Sendable {
  private var places: [IPNetwork: [Int]] = [:]
  private var lengths: [IPAddress.Family: Set<Int>] = [:]

  /// Whether there are no networks; such a table holds no address.
  var isEmpty: Bool { places.isEmpty }

  /// The table of these networks, each known by its place in the list.
  init(_ networks: some Sequence<IPNetwork>) {
    for (place, network) in networks.enumerated() {
      let network = network.canonical
      places[network, default: []].append(place)
      lengths[network.address.family, default: []].insert(network.prefixLength)
    }
  }

  /// The places of the networks that hold the address, ascending.
  func matches(_ address: IPAddress) -> [Int] {
    var found: [Int] = []
    for length in lengths[address.family] ?? [] {
      found += places[IPNetwork(address: address.masked(to: length), prefixLength: length)] ?? []
    }
    return found.sorted()
  }

  /// The places of the networks that hold the whole of this one, ascending.
  func networks(around network: IPNetwork) -> [Int] {
    var found: [Int] = []
    for length in lengths[network.address.family] ?? [] where length <= network.prefixLength {
      found += places[IPNetwork(address: network.address.masked(to: length), prefixLength: length)] ?? []
    }
    return found.sorted()
  }

  /// Whether each network of the other is within one of these.
  func covers(_ other: NetworkTable) -> Bool {
    !other.isEmpty && other.places.keys.allSatisfy { !networks(around: $0).isEmpty }
  }

  /// Whether any network holds the address.
  func contains(_ address: IPAddress) -> Bool {
    (lengths[address.family] ?? []).contains { length in
      places[IPNetwork(address: address.masked(to: length), prefixLength: length)] != nil
    }
  }
}
