import TestSupport

@testable import Engine

/// Connections that always want more, under a scheduler, on a clock that the simulation moves in steps of the engine's clockwork.
struct UploadSimulation {
  struct Connection {
    let claim: UploadClaim
    let block: Int
    var isWaiting = false
  }

  private(set) var scheduler: UploadScheduler
  private(set) var now: ContinuousClock.Instant
  private var connections: [PeerNumber: Connection]
  /// Bytes by connection.
  private(set) var sent: [PeerNumber: Int] = [:]
  private var random = SeededGenerator(seed: 4)

  init(_ rates: UploadRates, _ connections: [(principal: String, artifact: Int64, block: Int)]) {
    now = .now
    scheduler = UploadScheduler(rates: rates, now: now)
    self.connections = Dictionary(
      uniqueKeysWithValues: connections.enumerated().map { index, one in
        let claim = UploadClaim(number: PeerNumber(index + 1), principal: one.principal, artifact: one.artifact)
        return (claim.number, Connection(claim: claim, block: one.block))
      })
  }

  /// Lets so much time pass: steps of 10 ms, now and then of 40 as on a busy machine.
  mutating func run(_ span: Duration) {
    let end = now + span
    while now < end {
      for number in connections.keys.sorted() { ask(number) }
      while let turn = scheduler.next(now: now) {
        sent[turn.claim.number, default: 0] += turn.bytes
        connections[turn.claim.number]?.isWaiting = false
        ask(turn.claim.number)
      }
      now = min(end, now + .milliseconds(Int.random(in: 0..<20, using: &random) == 0 ? 40 : 10))
    }
  }

  /// The connection dies, whatever it waits for.
  mutating func kill(_ number: PeerNumber) {
    guard let connection = connections.removeValue(forKey: number) else { return }
    if connection.isWaiting { scheduler.forget(connection.claim) }
  }

  private mutating func ask(_ number: PeerNumber) {
    while let connection = connections[number], !connection.isWaiting {
      let bytes = max(1, (scheduler.rates.quantum ?? 1 << 20) / connection.block) * connection.block
      if scheduler.take(connection.claim, bytes, now: now) {
        sent[number, default: 0] += bytes
      } else {
        connections[number]?.isWaiting = true
      }
    }
  }

  var total: Int { sent.values.reduce(0, +) }
  func sent(of principal: String) -> Int {
    connections.values.filter { $0.claim.principal == principal }.reduce(0) { $0 + (sent[$1.claim.number] ?? 0) }
  }
}
