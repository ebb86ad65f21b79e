import Foundation
import Testing

@testable import Control

/// What the page shows of the node.
struct PageDocumentTests {
  private func peer(
    _ number: UInt64, up: Int64 = 0, uploaded: Int64 = 0, since: String = "2026-01-01", principal: String = "p", client: String? = nil
  ) -> PagePeer {
    PagePeer(
      number: number, address: "10.0.0.\(number):5", direction: "inbound", phase: "active", principal: principal, tls: nil, client: client,
      artifact: "app", choked: false, interested: true, queued: 0, held: 1, pieces: 2, uploaded: uploaded, downloaded: 0, up: up, down: nil,
      since: since)
  }

  @Test func `peers are searched in all that names them, whatever the case`() {
    let all = [peer(1, principal: "fleet/spiffe://corp/Edge/7"), peer(2, client: "qBittorrent"), peer(3)]
    var query = PeersQuery()
    for (text, numbers) in [("edge/7", [1]), ("QBIT", [2]), ("10.0.0.3", [3]), ("APP", [1, 2, 3]), ("nobody", [])] as [(String, [UInt64])] {
      query.text = text
      let document = PagePeersDocument(all, query)
      #expect(document.peers.map(\.number) == numbers && document.total == numbers.count && document.connections == 3, "\(text)")
    }
  }

  @Test func `the busiest come first, and equal ones keep their places`() {
    var query = PeersQuery()
    let all = [peer(4), peer(1, up: 5), peer(3, uploaded: 9), peer(2, up: 7, since: "2027-01-01"), peer(5)]
    #expect(PagePeersDocument(all, query).peers.map(\.number) == [2, 1, 3, 4, 5])
    query.order = .newest
    #expect(PagePeersDocument(all, query).peers.first?.number == 2)
    query.order = .oldest
    #expect(PagePeersDocument(all, query).peers.map(\.number) == [1, 3, 4, 5, 2])
  }

  @Test func `a page is bounded, and one behind the end is the first`() {
    let all = (1...120).map { peer($0) }
    var query = PeersQuery()
    query.offset = 100
    #expect(PagePeersDocument(all, query).peers.map(\.number) == Array(101...120))
    query.offset = 120
    let document = PagePeersDocument(all, query)
    #expect(document.offset == 0 && document.peers.count == 50)
  }

  @Test func `trackers are told by their hosts, without what may be a key`() async throws {
    let trackers = [
      ("http://t.corp:6969/announce?passkey=secret", "working", nil), ("http://t.corp:6969/other/secret", "failing", "refused"),
      ("udp://user:secret@u.corp:80", "waiting", nil), ("secret", "waiting", nil),
    ].map { StatusDocument.Tracker(artifact: "a", url: $0.0, state: $0.1, detail: $0.2) }
    let status = StatusDocument(
      ready: true, node: "n", pid: 1, version: "1", uptime: 1, listeners: [], artifacts: 0, serving: 0, peers: 0, uploaded: 0,
      downloaded: 0,
      policyGeneration: 1, trackers: trackers, plugins: [], limits: ["a": 0, "b": 2], warnings: (0..<99).map { "w\($0)" })
    let document = PageServicesDocument(status)
    #expect(document.trackers.map(\.tracker) == ["a tracker", "http://t.corp:6969", "udp://u.corp:80"])
    #expect(document.trackers[1].states == ["working": 1, "failing": 1] && document.trackers[1].detail == "refused")
    #expect(document.limits == ["b": 2] && document.warnings.count == 50)
    #expect(!String(decoding: try DocumentEncoder.encode(document), as: UTF8.self).contains("secret"))
  }

  @Test func `a plugin's calls are summed, beyond any number`() async throws {
    let document = PageServicesDocument(try await StubNode().status())
    #expect(document.plugins.map(\.calls) == [.max] && document.plugins.first?.state == "tripped")
  }
}
