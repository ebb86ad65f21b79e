import Foundation
import TestSupport
import Testing

extension Interop {
  /// Peers that mean harm before, in and after the handshake of TLS.
  @Suite struct TLSAttackTests {
    private static let zeroRecord = "1703030000"
    private static let emptyHandshake = "1603010000"
    /// The beginning of a record as long as can be said, and longer than may be.
    private static let hugeRecord = "160301ffff" + String(repeating: "01", count: 64)
    /// A ClientHello that says it is sixteen megabytes long, in one record of many.
    private static let hugeHello = "1603014000" + "01ffffff" + String(repeating: "00", count: 16_380)
    private static let alerts = "15030100020100"

    @Test func `each attack ends in time, reveals nothing and leaves nothing behind`() async throws {
      let fort = try await TLSFort.make(handshakeTimeout: "5 s")
      let attacks = [true, false].flatMap { Self.attacks(fort, fleet: $0) }
      // What is made once is made once.
      _ = try await TLSProbe.run(attacks.map(\.probe))
      let (descriptors, memory) = (try await fort.settledDescriptors(), try fort.node.residentMemory())
      for _ in 0..<2 {
        for (attack, sight) in zip(attacks, try await TLSProbe.run(attacks.map(\.probe))) { attack.expect(sight) }
      }
      #expect(try await fort.settledDescriptors(at: descriptors) <= descriptors)
      #expect(try fort.node.residentMemory() < memory + 32 << 20)
      for isFleet in [true, false] {
        let sight = try #require(try await TLSProbe.run([fort.good("afterwards", fleet: isFleet, .fetch)]).first)
        #expect(sight.served, "\(sight)")
      }
      #expect(try await fort.host.status().pid == fort.node.pid)
      try await fort.node.terminate()
    }

    /// A probe, and what is to become of it.
    private struct Attack: Sendable {
      enum Outcome: Sendable { case refused, served, servedThenOver, left }
      let probe: TLSProbe
      let outcome: Outcome

      func expect(_ sight: TLSSight) {
        switch outcome {
        case .refused: #expect(!sight.served && sight.isOver && sight.plaintext <= 7, "\(sight)")
        case .served: #expect(sight.served, "\(sight)")
        case .servedThenOver: #expect(sight.served && sight.isOver, "\(sight)")
        case .left: #expect(sight.end == "left", "\(sight)")
        }
        #expect(sight.seconds < 18, "\(sight)")
      }
    }

    private static func attacks(_ fort: TLSFort, fleet: Bool) -> [Attack] {
      func attack(
        _ label: String, _ kind: TLSProbe.Kind, _ outcome: Attack.Outcome, _ change: (inout TLSProbe) -> Void = { _ in }
      ) -> Attack {
        var probe = fort.good("\(label), \(fleet ? "fleet" : "SSL torrent")", fleet: fleet, kind)
        change(&probe)
        return Attack(probe: probe, outcome: outcome)
      }
      let hello = PeerBytes.text(PeerBytes.handshake(infoHash: PeerBytes.hex(fort.open.handshakeHash)))
      return [
        attack("a plain client", .raw, .refused) { $0.bytes = hello },
        attack("nothing", .raw, .refused) { $0.bytes = "" },
        attack("a record dripped", .raw, .refused) { ($0.bytes, $0.drip) = (hugeHello.prefix(2000) + "", 0.005) },
        attack("records of length zero", .raw, .refused) { ($0.bytes, $0.times) = (zeroRecord, 1000) },
        attack("handshake records of length zero", .raw, .refused) { ($0.bytes, $0.times) = (emptyHandshake, 100_000) },
        attack("a record that is too long", .raw, .refused) { $0.bytes = hugeRecord },
        attack("a hello that is too long", .raw, .refused) { ($0.bytes, $0.times) = (hugeHello, 64) },
        attack("warnings", .raw, .refused) { ($0.bytes, $0.times) = (alerts, 10_000) },
        attack("leaving at once", .leave, .left),
        attack("leaving after our flight", .leave, .left) { $0.takes = true },
        attack("every byte by itself", .fetch, .served) { $0.drip = 0.0002 },
        attack("every byte by itself, too slowly", .fetch, .refused) { $0.drip = 0.02 },
        attack("a record of length zero in between", .insert, .servedThenOver) { $0.bytes = zeroRecord },
        attack("empty encrypted records", .sealed, .servedThenOver) { ($0.bytes, $0.times) = ("", 2000) },
        attack("an encrypted record of an unknown type", .sealed, .servedThenOver) { ($0.bytes, $0.kind) = ("00", 99) },
        attack("an encrypted ClientHello", .sealed, .servedThenOver) { ($0.bytes, $0.kind) = ("01000004" + "03030000", 22) },
        attack("the end without close_notify", .truncate, .servedThenOver),
        attack("the end in the middle of a record", .truncate, .servedThenOver) { $0.bytes = "1703031000aabbcc" },
      ]
    }

    @Test func `no session is resumed: not at once, not for another artifact, not after the certificate was revoked`() async throws {
      let fort = try await TLSFort.make()
      let mark = try TemporaryDirectory("mark")
      var probes: [TLSProbe] = []
      for (isFleet, version) in [(true, "1.3"), (false, "1.3"), (false, "1.2")] {
        for then in [TLSProbe.Change(), .init(name: fort.other.handshakeHash, hash: fort.other.handshakeHash)] {
          var probe = fort.good("\(isFleet) \(version) \(then)", fleet: isFleet, .resume)
          (probe.version, probe.then) = (version, then)
          probes.append(probe)
        }
      }
      for (probe, sight) in zip(probes, try await TLSProbe.run(probes)) {
        #expect(sight.first?.served == true && sight.first?.resumable == false, "\(sight)")
        #expect(!sight.reused, "\(sight)")
        #expect(sight.served == (probe.then?.hash == nil), "\(sight)")
      }

      var late = fort.good("after its revocation", fleet: true, .resume)
      (late.then, late.awaits) = (.init(), mark.path("revoked"))
      let uploaded = try await fort.host.status().uploaded
      let running = try TLSProbe.start([late])
      try await fort.host.waitUntilUploaded(uploaded + 1)
      try await fort.certificates.add([], revocations: [RevocationPlan(name: "revocations", certificates: ["good"])])
      _ = try fort.certificates.bundle("revocations", "middle-list", as: "revoked-list")
      #expect(try await fort.host.run("reload").exit == .code(0))
      try mark.write([], to: "revoked")
      let sight = try #require(try await running.sights().first)
      #expect(sight.first?.served == true)
      #expect(!sight.served && !sight.reused && sight.plaintext == 0, "\(sight)")
      try await fort.node.terminate()
    }

    @Test func `openssl asks for a renegotiation and gets none`() async throws {
      let fort = try await TLSFort.make()
      let options = [
        "-connect", fort.secretEndpoint, "-servername", fort.secret.handshakeHash, "-tls1_2", "-msg", "-cert",
        fort.certificates.certificate("good"), "-key", fort.certificates.key("good"),
      ]
      let arguments = ["--type", "Verify return code", "R", "--"] + options
      let result = try await PythonScript.runner("openssl_client.py", arguments).output()
      struct Output: Decodable {
        let text: String
        let typed: Int
        let ended: Bool
      }
      let output = try JSONDecoder().decode(Output.self, from: Data(result.utf8))
      try #require(output.typed == 1, "\(output)")
      #expect(output.ended, "\(output)")
      // One handshake, and no second.
      #expect(output.text.components(separatedBy: "ServerHelloDone").count == 2, "\(output)")
      let sight = try #require(try await TLSProbe.run([fort.good("afterwards", fleet: false, .fetch)]).first)
      #expect(sight.served, "\(sight)")
      try await fort.node.terminate()
    }

    @Test func `a TLS client at a plain listener gets nothing`() async throws {
      let host = try GranaryHost()
      let artifact = try await host.publish(try host.make(.singleFile))
      let node = try await host.start()
      var probe = TLSProbe(label: "plain", peer: node.endpoint(), bind: "127.84.0.1")
      probe.hash = artifact.handshakeHash
      let sight = try #require(try await TLSProbe.run([probe]).first)
      #expect(!sight.connected && sight.isOver && sight.late.isEmpty, "\(sight)")
      #expect(try await host.refusals(of: "127.84.0.1").isEmpty == false)
      try await node.terminate()
    }
  }
}

extension TLSFort {
  /// The node's open descriptors once those of peers that are gone are closed. Each look is after a question to the node.
  func settledDescriptors(at expected: Int? = nil) async throws -> Int {
    let deadline = ContinuousClock.now + .seconds(20)
    var last = -1
    while ContinuousClock.now < deadline {
      _ = try await host.status()
      let now = try node.descriptors()
      if expected.map({ now <= $0 }) ?? (now == last) { return now }
      last = now
    }
    return last
  }
}
