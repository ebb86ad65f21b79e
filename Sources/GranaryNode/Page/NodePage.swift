import Control
import Engine
import Foundation
import Inventory
import NIOPosix
import PluginKit
import Settings
import Synchronization

/// What the status page shows of a node. Counters are read where they are; what waits for the disk has one thread of its own, so that a disk that
/// hangs holds up the page and nothing else.
final class NodePage: PageSource {
  let node: Node
  let peerLook: PeerLook
  private let sight: NodeSight
  let fetchRates = Mutex(RateBook<Int64>())
  private let ring: Mutex<ThroughputRing>
  private let lastRefusals = Mutex<(stamp: [Int64], document: PageRefusalsDocument)?>(nil)
  private let reading = NIOThreadPool(numberOfThreads: 1)

  init(node: Node, sight: NodeSight) {
    (self.node, self.sight) = (node, sight)
    peerLook = PeerLook(engine: node.engine)
    let totals = node.engine.totals
    ring = Mutex(ThroughputRing(up: totals.uploaded, down: totals.downloaded, at: .now))
    reading.start()
  }

  /// Takes a sample of what went through.
  func sample() {
    let totals = node.engine.totals
    ring.withLock { $0.record(up: totals.uploaded, down: totals.downloaded, at: .now) }
  }

  /// Nothing is asked of it any more. Does not wait for the disk.
  func close() { reading.shutdownGracefully { _ in } }

  func overview() async throws -> PageDocument {
    let (readiness, totals, latest) = (await sight.readiness(), node.engine.totals, ring.withLock { $0.latest })
    return PageDocument(
      ready: readiness.ready, checks: readiness.checks, node: node.initial.node.name, version: Granary.version, pid: getpid(),
      startedAt: node.startedAt.iso8601,
      policyGeneration: totals.generation, connections: totals.connections, serving: totals.artifacts, uploaded: totals.uploaded,
      downloaded: totals.downloaded, up: latest?.up, down: latest?.down)
  }

  func services() async throws -> PageServicesDocument {
    var document = PageServicesDocument(try await NodeControlFace(node: node, disk: reading).status())
    document.catalogue = node.publishing?.listeners.map(\.description) ?? []
    return document
  }

  func throughput(_ span: ThroughputRing.Span) async throws -> ThroughputDocument { ring.withLock { $0.document(span) } }

  func peers(_ query: PeersQuery) async throws -> PagePeersDocument { PagePeersDocument(await peerLook.peers(at: .now), query) }

  func refusals() async throws -> PageRefusalsDocument {
    // Where the journal has nothing new, there is nothing to read.
    let status = node.journal.writer.status
    let stamp = [status.stored, status.merged, status.pruned]
    if let last = lastRefusals.withLock({ $0 }), last.stamp == stamp { return last.document }
    let found = try await blocking { [database = node.database] in
      try database.recentRefusals(within: Self.rowsLookedAt, latest: 50, reasons: 20)
    }
    let document = PageRefusalsDocument(found)
    lastRefusals.withLock { $0 = (stamp, document) }
    return document
  }

  func runs() async throws -> PageRunsDocument {
    let runs = try await blocking { [database = node.database] in try database.runs(limit: Self.runsShown) }
    return PageRunsDocument(runs: runs.map(PageRunsDocument.Run.init))
  }

  /// Runs what waits for the disk on the thread for it.
  func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    do {
      return try await reading.runIfActive(body)
    } catch {
      throw Failure(error).document
    }
  }

  private static let rowsLookedAt = 20_000
  private static let runsShown = 30
}

extension PageRefusalsDocument {
  init(_ found: RecentRefusals) {
    self.init(
      latest: found.latest.map { one in
        Refusal(
          id: one.id, lastAt: one.lastAt.iso8601, count: one.count, operation: one.operation, principal: one.principal,
          address: one.address, artifact: one.artifact, plugin: one.plugin, rule: one.rule, reason: one.reason, place: one.place)
      },
      reasons: found.reasons.map { one in
        Reason(
          plugin: one.plugin, operation: one.operation, reason: one.reason, count: one.count, principals: one.principals,
          lastAt: one.lastAt.iso8601)
      }, rows: found.rows, since: found.since?.iso8601)
  }
}

extension PageRunsDocument.Run {
  init(_ run: Inventory.Run) {
    let report = run.report.flatMap(RunReport.init(json:))
    self.init(
      id: run.id, startedAt: run.startedAt.iso8601, endedAt: run.endedAt?.iso8601, pid: run.pid, version: run.version, why: run.whyEnded,
      ready: report?.artifacts.ready, uploaded: report?.uploaded, downloaded: report?.downloaded, refused: report?.refused)
  }
}
