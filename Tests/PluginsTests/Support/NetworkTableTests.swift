import PluginKit
import TestSupport
import Testing

@testable import Plugins

struct NetworkTableTests {
  @Test(arguments: 0..<20 as Range<UInt64>)
  func tableFindsWhatASearchThroughTheListFinds(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let networks = (0..<300).map { _ in Self.network(&generator) }
    let table = NetworkTable(networks)
    for _ in 0..<200 {
      let address = Self.address(&generator)
      let expected = networks.indices.filter { networks[$0].contains(address) }
      #expect(table.matches(address) == expected)
      #expect(table.contains(address) == !expected.isEmpty)
    }
  }

  @Test func emptyTableHoldsNobody() throws {
    let table = NetworkTable([])
    #expect(table.isEmpty)
    #expect(try !table.contains(#require(IPAddress("127.0.0.1"))))
  }

  /// Addresses close to each other, so that networks meet them.
  private static func address(_ generator: inout SeededGenerator) -> IPAddress {
    let isV4 = Bool.random(using: &generator)
    let bytes = (0..<(isV4 ? 4 : 16)).map { _ in UInt8.random(in: 0...1, using: &generator) }
    return IPAddress(bytes: bytes) ?? PolicyFixtures.peer().address.ip
  }

  private static func network(_ generator: inout SeededGenerator) -> IPNetwork {
    let address = address(&generator)
    let length = Int.random(in: 0...(address.family == .v4 ? 32 : 128), using: &generator)
    return IPNetwork(address: address.masked(to: length), prefixLength: length)
  }
}
