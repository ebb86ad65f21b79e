import Foundation
import TestSupport
import Testing

extension Interop {
  /// Certificates of SSL torrents, good and bad, on either side and whoever dials: where libtorrent accepts, we accept, and where it refuses,
  /// we refuse. `SSLCase.all` has the rows and our differences.
  @Suite struct SSLMatrixTests {
    @Test func `the table is what libtorrent does`() async throws {
      let stage = try await SSLStage.make(SSLCase.all, in: TemporaryDirectory("matrix"))
      let members = stage.rows.flatMap { row in
        [
          stage.member(row, .seed, "seed-\(row.number)", at: "127.74.1.\(row.number + 1)"),
          dialing("seed-\(row.number)", stage.member(row, .leecher, "dials-\(row.number)", at: "127.74.2.\(row.number + 1)")),
          stage.member(row, .leecher, "dialed-\(row.number)", at: "127.74.3.\(row.number + 1)"),
          dialing("dialed-\(row.number)", stage.member(row, .seed, "dialer-\(row.number)", at: "127.74.4.\(row.number + 1)")),
        ]
      }
      let reports = Dictionary(uniqueKeysWithValues: try await LibtorrentSSL(members).finish().map { ($0.name, $0) })
      for row in stage.rows {
        let dials = try #require(reports["dials-\(row.number)"])
        let dialed = try #require(reports["dialed-\(row.number)"])
        #expect(dials.finished == row.row.listening, "\(row.row.title): \(dials)")
        #expect(dialed.finished == row.row.dialing, "\(row.row.title): \(dialed)")
      }
    }

    @Test func `we accept and refuse where libtorrent does, whoever dials`() async throws {
      let host = try GranaryHost()
      let stage = try await SSLStage.make(SSLCase.all.filter(\.startsOurs), in: host.folder)
      var sections = TLSSections()
      for row in stage.rows {
        _ = try await host.add(row.torrent, data: host.folder.path("data"))
        sections.peers.append("{ address: \"\(listener(row)):7001\", artifacts: [\"\(row.artifact)\"] }")
        guard let files = stage.files(row, .seed) else { continue }
        sections.sslTorrents.append(.init(artifacts: [row.artifact], certificate: files.certificate, key: files.key))
      }
      try host.configure(.securing("ssl-torrent", sections: sections))
      let dialed = try LibtorrentSSL(
        stage.rows.map { row in
          var member = stage.member(row, .leecher, "dialed-\(row.number)", at: listener(row), port: 7001)
          // Where we have nothing to show, nobody is dialed.
          member.patience = row.row.flowsWithOurs(weDial: true) ? 0 : 30
          return member
        })
      try await dialed.waitUntilListening()
      let node = try await host.start()
      let dialing = try LibtorrentSSL(
        stage.rows.map { row in
          var member = stage.member(row, .leecher, "dials-\(row.number)", at: dialer(row))
          member.peers = [node.endpoint()]
          return member
        })
      let outcomes = (try await dialing.finish(), try await dialed.finish())
      let refusals = try await Dictionary(grouping: host.refusals(), by: { $0.host ?? "" })
      for (row, (dials, dialed)) in zip(stage.rows, zip(outcomes.0, outcomes.1)) {
        try expect(dials, row, stage, flows: row.row.flowsWithOurs(weDial: false), "listening", refusals[dialer(row)] ?? [])
        try expect(dialed, row, stage, flows: row.row.flowsWithOurs(weDial: true), "dialing", refusals[listener(row)] ?? [])
      }
      #expect(try await host.status().pid == node.pid)
      try await node.terminate()
    }

    @Test func `with a certificate of ours that no handshake could stand with, the node does not start`() async throws {
      let stage = try await SSLStage.make(SSLCase.all.filter { !$0.startsOurs }, in: TemporaryDirectory("matrix"))
      for row in stage.rows {
        let host = try GranaryHost()
        let files = try #require(stage.files(row, .seed))
        var sections = TLSSections()
        sections.sslTorrents = [.init(artifacts: [row.artifact], certificate: files.certificate, key: files.key)]
        try host.configure(.securing("ssl-torrent", sections: sections))
        let result = try await host.run("run", within: .seconds(60))
        #expect(result.exit == .code(78), "\(row.row.title): \(result)")
        #expect(result.errors.contains(files.certificate) || result.errors.contains(files.key), "\(row.row.title): \(result)")
      }
    }

    private func expect(
      _ report: LibtorrentSSL.Report, _ row: SSLStage.Row, _ stage: SSLStage, flows: Bool, _ role: String, _ refusals: [JournalRow]
    ) throws {
      #expect(report.finished == flows, "\(row.row.title), we \(role): \(report) \(refusals)")
      guard flows else {
        #expect(report.payload == 0, "\(row.row.title), we \(role): \(report)")
        #expect(refusals.contains { $0.reason?.isEmpty == false }, "\(row.row.title), we \(role): nothing in the journal; \(report)")
        return
      }
      guard report.finished else { return }
      let copy = report.folder + "/" + row.artifact
      #expect(try TreeComparison.differences(expected: stage.folder.path("data/" + row.artifact), actual: copy) == [])
    }

    private func dialing(_ name: String, _ member: LibtorrentSSL.Member) -> LibtorrentSSL.Member {
      var member = member
      member.dials = name
      return member
    }

    private func dialer(_ row: SSLStage.Row) -> String { "127.75.1.\(row.number + 1)" }
    private func listener(_ row: SSLStage.Row) -> String { LibtorrentSSL.listening(row.number + 1) }
  }
}
