import Control
import Testing

@testable import GranaryNode

/// What `status --watch` draws.
struct StatusScreenTests {
  private func status(_ uploaded: Int64, warnings: [String] = []) -> StatusDocument {
    StatusDocument(
      ready: true, node: "depot-01", pid: 7, version: "1", uptime: 60, listeners: [], artifacts: 3, serving: 2, peers: 2,
      uploaded: uploaded,
      downloaded: 0, policyGeneration: 1, trackers: [], plugins: [], limits: [:], warnings: warnings)
  }

  private func peer(_ number: UInt64, _ uploaded: Int64, _ principal: String = "10.0.0.1") -> PeersDocument.Peer {
    .init(
      number: number, address: "10.0.0.\(number):1", direction: "inbound", phase: "active", principal: principal, tls: nil,
      client: "x\u{1B}y",
      artifact: "app", infoHash: nil, choked: false, interested: true, uploaded: uploaded, downloaded: 0, queued: 0, pieces: 0, age: 1)
  }

  @Test func `rates are those since the last look, the busiest first`() {
    var screen = StatusScreen()
    let (start, size) = (ContinuousClock.now, StatusScreen.Size(columns: 120, rows: 12))
    let first = screen.lines(status(0), PeersDocument(peers: [peer(1, 0), peer(2, 0)]), at: start, in: size)
    #expect(first[1].hasPrefix("…") && first.count == 7)
    let second = screen.lines(
      status(3 << 20), PeersDocument(peers: [peer(1, 1 << 20), peer(2, 2 << 20, "fleet/dns:b")]), at: start + .seconds(2), in: size)
    #expect(second[1].hasPrefix("up 1.5 MiB/s, down 0 B/s"))
    #expect(second[5].hasPrefix("1.0 MiB/s") && second[5].contains("fleet/dns:b") && second[6].hasPrefix("512.0 KiB/s"))
    #expect(!second.joined().contains("\u{1B}"))
  }

  @Test(arguments: [(80, 24), (40, 8), (20, 3), (1, 1), (0, 0)])
  func `it keeps within the terminal`(columns: Int, rows: Int) {
    var screen = StatusScreen()
    let peers = PeersDocument(peers: (0..<50).map { peer($0, 0, String(repeating: "p", count: 100)) })
    let warnings = (0..<9).map { "warning \($0) " + String(repeating: "w", count: 200) }
    let lines = screen.lines(status(0, warnings: warnings), peers, at: .now, in: .init(columns: columns, rows: rows))
    #expect(lines.count <= max(1, rows) && lines.allSatisfy { $0.count <= max(1, columns) })
  }

  @Test func `nobody there is said`() {
    var screen = StatusScreen()
    #expect(screen.lines(status(0), PeersDocument(peers: []), at: .now, in: .init()).last == "no peers")
  }
}
