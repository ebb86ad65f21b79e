import Foundation
import TestSupport
import Testing

extension Interop {
  /// Certificates, server's names and info-hashes, right and wrong: what can be told from outside.
  @Suite struct TLSDisclosureTests {
    @Test func `a fleet's listener says the same to all that it refuses, and the journal why`() async throws {
      let fort = try await TLSFort.make()
      var probes: [(shown: TLSFort.Shown, hash: String, probe: TLSProbe)] = []
      let hashes = [
        ("open", fort.open.handshakeHash), ("forbidden", fort.forbidden.handshakeHash), ("unknown", TLSFort.unknown),
        ("an SSL torrent", fort.secret.handshakeHash),
      ]
      for (row, shown) in TLSFort.Shown.allCases.enumerated() {
        for (column, (label, hash)) in hashes.enumerated() {
          var probe = fort.probe("\(shown) \(label)", fleet: true).showing(shown.certificate, of: fort.certificates)
          (probe.hash, probe.bind) = (hash, "127.81.\(row).\(column + 1)")
          probes.append((shown, label, probe))
        }
      }
      let sights = Array(zip(probes, try await TLSProbe.run(probes.map(\.probe))))
      for (probe, sight) in sights {
        let isRight = probe.shown == .good && probe.hash == "open"
        #expect(sight.served == isRight, "\(sight)")
        if !isRight { #expect(sight.plaintext == 0 && sight.isOver, "\(sight)") }
      }
      let refused = sights.filter { !$0.1.served }
      #expect(TLSSight.names(byAnswer: refused.map(\.1)).count == 1, "\(TLSSight.names(byAnswer: refused.map(\.1)))")
      try await expectReasons(fort, refused.map(\.0))
      try await fort.node.terminate()
    }

    @Test func `a listener for SSL torrents says the same of every name that it refuses, and the same of all the rest`() async throws {
      let fort = try await TLSFort.make()
      let names = [
        nil, TLSFort.unknown, "not-hexadecimal-but-forty-characters-long", fort.other.handshakeHash, fort.open.handshakeHash,
        fort.secret.handshakeHash,
      ]
      let hashes = [fort.secret.handshakeHash, fort.other.handshakeHash, TLSFort.unknown]
      var probes: [TLSProbe] = []
      for (row, shown) in TLSFort.Shown.allCases.enumerated() {
        for name in names {
          for hash in hashes {
            var probe = fort.probe("\(shown) \(name ?? "no name") \(hash)", fleet: false).showing(shown.certificate, of: fort.certificates)
            (probe.name, probe.hash, probe.bind) = (name, hash, "127.82.\(row).\(probes.count % 18 + 1)")
            probes.append(probe)
          }
        }
      }
      let sights = Array(zip(probes, try await TLSProbe.run(probes)))
      var (nameless, rest): ([TLSSight], [TLSSight]) = ([], [])
      for (probe, sight) in sights {
        // A certificate revoked by a list is good here: SSL torrents know no such lists.
        let isGood = sight.name.hasPrefix("good ") || sight.name.hasPrefix("revoked ")
        let isRight = isGood && probe.name == fort.secret.handshakeHash && probe.hash == fort.secret.handshakeHash
        #expect(sight.served == isRight, "\(sight)")
        if isRight { continue }
        #expect(sight.plaintext == 0 && sight.isOver, "\(sight)")
        let isTorrent = probe.name == fort.secret.handshakeHash || probe.name == fort.other.handshakeHash
        if isTorrent { rest.append(sight) } else { nameless.append(sight) }
      }
      #expect(TLSSight.names(byAnswer: nameless).count == 1, "\(TLSSight.names(byAnswer: nameless))")
      #expect(nameless.allSatisfy { $0.alert == "TLSV1_UNRECOGNIZED_NAME" && !$0.connected })
      #expect(TLSSight.names(byAnswer: rest).count == 1, "\(TLSSight.names(byAnswer: rest))")
      try await fort.node.terminate()
    }

    @Test func `who is refused for its identity, and leaves before it has named anything, is in the journal`() async throws {
      let fort = try await TLSFort.make()
      var probe = fort.probe("leaves", fleet: true).showing("wrong-name", of: fort.certificates)
      (probe.bind, probe.limit) = ("127.84.0.1", 5)
      let sight = try #require(try await TLSProbe.run([probe]).first)
      #expect(sight.connected && !sight.served && sight.plaintext == 0)
      let deadline = ContinuousClock.now + .seconds(15)
      var rows: [JournalRow] = []
      while rows.isEmpty, ContinuousClock.now < deadline { rows = try await fort.host.refusals(of: "127.84.0.1") }
      #expect(rows.map(\.plugin) == ["allowlist"] && rows.first?.principal == "fleet/spiffe://corp/office/7")
      #expect(rows.first?.facts?.link == "tls")
      try await fort.node.terminate()
    }

    @Test func `members with their intermediate, and of either version where it may be, are served`() async throws {
      let fort = try await TLSFort.make()
      var chained = fort.good("in a chain", fleet: true, .fetch).showing("in-chain", of: fort.certificates)
      chained.bind = "127.83.0.1"
      var versions = ["1.2", "1.3"].map { version in
        var probe = fort.good(version, fleet: false, .fetch)
        (probe.version, probe.bind) = (version, "127.83.0.2")
        return probe
      }
      versions.append(chained)
      for sight in try await TLSProbe.run(versions) { #expect(sight.served, "\(sight)") }
      var strict = fort.good("an SSL torrent that wants 1.3", fleet: false).showing("second-member", of: fort.certificates)
      (strict.version, strict.bind) = ("1.2", "127.83.0.3")
      (strict.name, strict.hash) = (fort.other.handshakeHash, fort.other.handshakeHash)
      var old = [strict]
      for isFleet in [true, false] {
        for version in ["1.0", "1.1"] + (isFleet ? ["1.2"] : []) {
          var probe = fort.good("\(isFleet) \(version)", fleet: isFleet)
          (probe.version, probe.bind) = (version, "127.83.0.3")
          old.append(probe)
        }
      }
      for sight in try await TLSProbe.run(old) { #expect(!sight.connected && sight.isOver && sight.plaintext == 0, "\(sight)") }
      try await fort.node.terminate()
    }

    /// Each refusal is in the journal, and different causes have different reasons.
    private func expectReasons(_ fort: TLSFort, _ refused: [(shown: TLSFort.Shown, hash: String, probe: TLSProbe)]) async throws {
      let rows = try await Dictionary(grouping: fort.host.refusals(), by: { $0.host ?? "" })
      var reasons: [TLSFort.Shown: Set<String>] = [:]
      for (shown, hash, probe) in refused {
        let reason = rows[probe.bind]?.first?.reason
        #expect(reason?.isEmpty == false, "\(shown) \(hash): nothing in the journal")
        if shown != .good, let reason { reasons[shown, default: []].insert(reason) }
      }
      let kinds = reasons.values.map { $0.sorted().first ?? "" }
      #expect(Set(kinds).count >= 8, "\(reasons)")
    }
  }
}
