import PluginKit
import Testing

@testable import Engine

struct ConnectionCensusTests {
  private func address(_ last: UInt8) throws -> IPAddress { try #require(IPAddress(bytes: [10, 0, 0, last])) }

  @Test
  func eachCapRefusesWithTheSettingToTurn() throws {
    var census = ConnectionCensus(caps: .init(total: 3, perAddress: 2, handshakes: 2))
    try census.begin(address(1))
    try census.begin(address(1))
    #expect(throws: ConnectionCensus.Refusal.address(cap: 2)) { try census.begin(address(1)) }
    #expect(throws: ConnectionCensus.Refusal.handshakes(cap: 2)) { try census.begin(address(2)) }
    try census.authorize("10.0.0.1", at: address(1))
    try census.begin(address(2))
    #expect(throws: ConnectionCensus.Refusal.total(cap: 3)) { try census.begin(address(3)) }
    #expect(census.total == 3 && census.handshakes == 2)
    let reasons = [ConnectionCensus.Refusal.total(cap: 3), .address(cap: 2), .handshakes(cap: 2)].map(\.reason)
    #expect(zip(reasons, ["limits.connections", "limits.per-address", "limits.handshakes"]).allSatisfy { $0.contains($1) })
  }

  @Test(arguments: [(0, 3, 0), (7, 7, 0), (8, 7, 0), (8, 8, 1), (9, 8, 0), (16, 16, 2), (100, 90, 2)])
  func sevenEighthsOfTheCapAreNobodysTrouble(cap: Int, connections: Int, excess: Int) throws {
    var census = ConnectionCensus(caps: .init(total: cap, perAddress: .max, handshakes: .max))
    for last in 0..<min(cap, connections) { try census.begin(address(UInt8(last)), isHandshake: false) }
    #expect(census.excess == excess)
  }

  @Test
  func aPrincipalHasItsOwnCapWhereverItIs() throws {
    var census = ConnectionCensus(caps: .init(total: 9, perAddress: 9, perPrincipal: 1, handshakes: 9))
    try census.begin(address(1))
    try census.begin(address(2), isHandshake: false)
    try census.authorize("fleet/dns:a", at: address(1))
    #expect(throws: ConnectionCensus.Refusal.principal(cap: 1)) { try census.authorize("fleet/dns:a", at: address(2), isHandshake: false) }
    #expect(ConnectionCensus.Refusal.principal(cap: 1).reason.contains("limits.per-principal"))
    try census.authorize("fleet/dns:b", at: address(2), isHandshake: false)
    #expect(census.handshakes == 0)
    census.end(try address(1), principal: "fleet/dns:a")
    try census.begin(address(1))
    try census.authorize("fleet/dns:a", at: address(1))
    #expect(census.total == 2 && census.handshakes == 0)
  }

  @Test
  func whoSaysNothingLeavesOthersHalfOfTheHandshakes() throws {
    var census = ConnectionCensus(caps: .init(total: 100, perAddress: 100, handshakes: 16))
    for _ in 0..<9 { try census.begin(address(1)) }
    #expect(throws: ConnectionCensus.Refusal.handshakesOfAddress) { try census.begin(address(1)) }
    for _ in 0..<4 { try census.begin(address(2)) }
    #expect(throws: ConnectionCensus.Refusal.handshakesOfAddress) { try census.begin(address(2)) }
    try census.begin(address(3))
    try census.authorize("10.0.0.3", at: address(3))
    census.end(try address(1), principal: nil)
    #expect(census.handshakes == 12)
    // What is finished or dialed by us is nobody's handshake.
    for _ in 0..<20 { try census.begin(address(4), isHandshake: false) }
  }

  @Test
  func anEndFreesItsPlaces() throws {
    var census = ConnectionCensus(caps: .init(total: 2, perAddress: 1, handshakes: 1))
    try census.begin(address(1))
    census.end(try address(1), principal: nil)
    #expect(census.total == 0 && census.handshakes == 0)
    try census.begin(address(1))
    try census.authorize("10.0.0.1", at: address(1))
    census.end(try address(1), principal: "10.0.0.1")
    #expect(census.total == 0 && census.handshakes == 0)
    try census.begin(address(1))
  }
}
