import Foundation
import TestSupport
import Testing

extension Interop {
  /// Peers that mean harm, beside peers that do not.
  @Suite struct AttackTests {
    @Test func `each attack is refused with a reason or bounded, and leaves nothing behind`() async throws {
      let arena = try await Arena.make()
      let bystander = try await RawPeer.dial(arena.node.endpoint(), from: "127.62.0.1")
      #expect(try await bystander.shakeHands(arena.artifact))
      #expect(try await bystander.canDownload(piece: 0))
      // The first one pays for what is made once.
      try await arena.suffer(Attack(kind: "request-flood", outcome: .bounded), from: "127.62.0.2")
      let (descriptors, memory) = (try await arena.settledDescriptors(), try arena.node.residentMemory())
      for (index, attack) in Attack.all.enumerated() {
        try await arena.suffer(attack, from: "127.62.1.\(index + 1)")
        #expect(try await bystander.gets(piece: index % arena.artifact.pieceCount), "\(attack.kind): a bystander was not served")
        #expect(try await arena.host.status().pid == arena.node.pid, "\(attack.kind)")
      }
      #expect(try await arena.settledDescriptors(at: descriptors) <= descriptors)
      // An attack may leave the allocator with pages that it keeps; it must not leave what each further one adds to.
      #expect(try arena.node.residentMemory() < memory + 64 << 20)
      try await arena.node.terminate()
    }

    @Test func `forty peers get every byte while they all attack at once`() async throws {
      let arena = try await Arena.make()
      let attackers = try Attack.all.enumerated().map { index, attack in
        try attack.start(arena.node, arena.artifact, from: "127.63.1.\(index + 1)", seconds: 8)
      }
      try await arena.expectFortyPeersServed()
      var idle: [String] = []
      for (attack, process) in zip(Attack.all, attackers) {
        if try await process.attackReport().opened == 0 { idle.append(attack.kind) }
      }
      // Beside storms of connections the listener's backlog is full: not every attacker gets as far as to be refused.
      #expect(idle.count < Attack.all.count / 2, "\(idle) did not take place")
      try await arena.node.terminate()
    }

    /// Prints, for each attack, what is left of the forty's throughput while it goes on: equal work with and without it in turns, medians.
    /// The attacker has only the processor time that nobody else wants: what it burns itself is not the node's doing. libtorrent ends a
    /// download at the next of its half seconds, which is why there is much to download.
    @Test(
      .enabled(if: ProcessInfo.processInfo.environment["GRANARY_SOAK"] == "1", "minutes, and figures of an idle machine"),
      arguments: Attack.all)
    func `what forty peers keep of their throughput beside an attack`(attack: Attack) async throws {
      let arena = try await Arena.make(size: 72_000_001)
      var (alone, beside): ([Double], [Double]) = ([], [])
      for round in 0..<3 {
        alone.append(try await arena.expectFortyPeersServed().seconds)
        let attacker = try attack.start(arena.node, arena.artifact, from: "127.66.1.\(round + 1)", seconds: 600)
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t(attacker.pid), 19)
        beside.append(try await arena.expectFortyPeersServed().seconds)
        attacker.send(SIGTERM)
        _ = await attacker.exit(within: .seconds(10))
        _ = try await arena.settledDescriptors()
      }
      let ratio = alone.sorted()[1] / beside.sorted()[1]
      print(
        "beside \(attack.kind) forty peers keep \(String(format: "%.2f", ratio)) of their throughput (alone \(alone) s, beside \(beside) s)"
      )
      try await arena.node.terminate()
    }
  }
}

/// A node with an artifact, to be attacked.
struct Arena: Sendable {
  let host: GranaryHost
  let original: String
  let artifact: GranaryArtifact
  let node: GranaryProcess

  static func make(size: Int = 3_000_001) async throws -> Arena {
    let host = try GranaryHost()
    let original = try Artifacts.file(size, in: host.folder, named: "data/prize")
    let artifact = try await host.publish(original, "--piece-length", "65536")
    return Arena(host: host, original: original, artifact: artifact, node: try await host.start())
  }

  /// Lets one attack happen, and expects of it what is to become of it.
  func suffer(_ attack: Attack, from address: String) async throws {
    let isToBeRefused = attack.outcome == .refused
    var (report, rows) = try await strike(attack, from: address)
    // On a busy machine a second and a half may pass before the node has said a word: then there was no attack yet.
    for _ in 0..<4 where rows.isEmpty && (isToBeRefused || report.received == 0 && report.closed == 0) {
      (report, rows) = try await strike(attack, from: address, seconds: isToBeRefused ? 6 : 1.5)
    }
    #expect(report.opened > 0, "\(attack.kind) did not take place: \(report)")
    if isToBeRefused {
      #expect(report.closed > 0 || !rows.isEmpty, "\(attack.kind): nobody was refused: \(report)")
      #expect(rows.contains { $0.reason?.isEmpty == false }, "\(attack.kind): nothing in the journal")
    }
    // However much it makes up, it does not fill the journal.
    #expect(rows.count < 200, "\(attack.kind)")
  }

  private func strike(
    _ attack: Attack, from address: String, seconds: Double = 1.5
  ) async throws -> (report: Attack.Report, rows: [JournalRow]) {
    let report = try await attack.start(node, artifact, from: address, seconds: seconds).attackReport()
    return (report, try await host.refusals(of: address))
  }

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

  /// Twenty libtorrent sessions and twenty peers of our own get the artifact, bit by bit the same.
  @discardableResult
  func expectFortyPeersServed() async throws -> ClientReport {
    let torrents = URL(fileURLWithPath: artifact.torrent).deletingLastPathComponent().path
    let raw = try PythonScript.runner(
      "restless_peer.py", ["--peer", node.endpoint(), "--torrents", torrents, "--peers", "20", "--block", "64", "--once"]
    ).start()
    var download = node.libtorrent(artifact)
    download.options = ["--sessions", "20", "--block", "65"]
    download.limit = .seconds(90)
    let folder = try TemporaryDirectory("forty")
    let report = try await download.run(into: folder.path)
    #expect(report.ok, "\(report.sessions?.filter { !$0.finished } ?? [])")
    for session in report.sessions ?? [] {
      #expect(session.hashFailures == 0)
      #expect(try TreeComparison.differences(expected: original, actual: session.folder + "/prize") == [])
    }
    #expect(await raw.exit(within: .seconds(90)) == .code(0), "twenty peers of our own: \(raw.errors)")
    let own = try JSONDecoder().decode(RestlessReport.self, from: Data(raw.output.utf8))
    #expect(own.corrupt == 0 && own.whole == 20, "\(own)")
    return report
  }
}
