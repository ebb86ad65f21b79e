import Catalogue
import Control
import Engine
import Foundation
import Inventory
import NIOCore
import NIOPosix
import PluginKit
import Settings
import Synchronization
import Tracker

/// What a node knows of itself, gathered without ever waiting long for anything: its database and its disks may hang, and that is when
/// somebody asks.
final class NodeSight: Sendable {
  /// What the inventory says of artifacts.
  struct Stock: Sendable {
    let sums: [ArtifactState: ArtifactSum]
    let runs: RunMetrics
  }

  /// Catalogues that are followed, and the node's own.
  struct Catalogues: Sendable {
    let followed: [CatalogueFollower.Status]
    let published: CataloguePublisher.Standing?
  }

  let node: Node
  let catalogues: BoundedLook<Catalogues>
  let stock: BoundedLook<Stock>
  let disks: BoundedLook<[ReadinessFacts.Disk]>
  let trackers: BoundedLook<AnnounceTally.Counts>
  private let loops: [(name: String, look: BoundedLook<Void>)]

  init(_ node: Node) {
    self.node = node
    stock = BoundedLook(lifetime: Self.stockLifetime, patience: Self.patience) {
      [database = node.database, name = node.initial.node.name] in
      try await Self.stockThread.runIfActive {
        Stock(sums: try database.artifactSums(), runs: try RunMetrics(node: name, database: database))
      }
    }
    let paths = { @Sendable [node] in [node.paths.state] + node.settings.artifacts.roots }
    disks = BoundedLook(lifetime: Self.stockLifetime, patience: Self.patience) {
      try await Self.diskThread.runIfActive { paths().compactMap(Self.disk) }
    }
    trackers = BoundedLook(lifetime: Self.stockLifetime, patience: Self.patience) { [announcer = node.announcer] in
      await announcer.counts
    }
    catalogues = BoundedLook(lifetime: Self.stockLifetime, patience: Self.patience) { [node] in
      Catalogues(followed: await node.mirroring.follower.status, published: await node.publishing?.publisher.standing)
    }
    loops = node.engine.watchedLoops.enumerated().map { index, loop in
      ("event loop \(index + 1)", BoundedLook(patience: Self.longPatience) { try await loop.eventLoop.submit {}.get() })
    }
  }

  /// What of the process does not answer.
  func silent() async -> [String] {
    await withTaskGroup(of: (Int, String?).self) { group in
      for (index, loop) in loops.enumerated() {
        group.addTask { (index, await loop.look.look().isUp ? nil : loop.name) }
      }
      return await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.compactMap(\.1)
    }
  }

  private static func disk(_ path: String) -> ReadinessFacts.Disk? {
    var figures = statvfs()
    guard statvfs(path, &figures) == 0 else { return nil }
    // Some file systems say that they have room without end.
    func bytes(_ blocks: UInt) -> Int64 {
      let (product, overflow) = blocks.multipliedReportingOverflow(by: figures.f_frsize)
      return overflow ? .max : Int64(clamping: product)
    }
    return ReadinessFacts.Disk(path, free: bytes(figures.f_bavail), size: bytes(figures.f_blocks))
  }

  /// What hangs holds up nothing else: neither the other, nor those who share the process's threads.
  private static let stockThread = startedThread()
  private static let diskThread = startedThread()

  private static func startedThread() -> NIOThreadPool {
    let pool = NIOThreadPool(numberOfThreads: 1)
    pool.start()
    return pool
  }

  /// What is asked of the inventory is not asked again sooner, whoever asks.
  private static let stockLifetime = Duration.seconds(2)
  private static let patience = Duration.milliseconds(500)
  /// A loop is busy now and then.
  private static let longPatience = Duration.seconds(2)
}

// MARK: - Readiness

extension NodeSight {
  func readiness() async -> ReadinessDocument {
    ReadinessDocument(node: node.initial.node.name, checks: await facts().checks)
  }

  private func facts() async -> ReadinessFacts {
    async let stock = stock.look()
    async let disks = disks.look()
    async let trackers = trackers.look()
    var facts = ReadinessFacts()
    facts.isStopping = node.isStopping.load(ordering: .relaxed)
    facts.addresses = addresses
    facts.policyGeneration = node.engine.totals.generation
    let tripped = node.engine.pipeline.plugins.filter { $0.onError == .deny && $0.isTripped && !$0.plugin.guards.isEmpty }
    facts.trippedGuards = tripped.map(\.name)
    facts.certificates = (node.links.document(now: WallTime.now.seconds)?.entries ?? []).map {
      .init($0.name, daysLeft: $0.daysLeft, revocationDaysLeft: $0.revocationDaysLeft)
    }
    take(await stock, &facts)
    let room = await disks
    facts.disks = room.isUp ? room.value : nil
    let standing = await trackers
    if standing.isUp, let value = standing.value { (facts.failingTrackers, facts.allTrackers) = (value.failing, value.trackers) }
    return facts
  }

  private func take(_ seen: BoundedLook<Stock>.Seen, _ facts: inout ReadinessFacts) {
    if let problem = seen.problem ?? writingProblem {
      facts.inventory = .fails(problem)
    } else {
      facts.inventory = seen.isUp ? .answers : .silent
    }
    guard let sums = seen.value?.sums else { return }
    facts.doubtful = max(sums[.verifying]?.count ?? 0, node.care.withLock { $0.book.undecided })
    facts.unserved = [ArtifactState.changed, .missing, .failed].reduce(0) { $0 + (sums[$1]?.count ?? 0) }
    if let disk = node.settings.disk {
      let used = sums.values.reduce(0) { $0 + $1.size }
      facts.budget = ReadinessFacts.Budget(used: used, most: disk.max.bytes, high: disk.high.value)
    }
  }

  /// Why what happens cannot be written down; nil where it can.
  var writingProblem: String? {
    (node.journal.writer.status.problem ?? node.ledger.status.problem).map { "it cannot be written: \($0)" }
  }

  private var addresses: [ReadinessFacts.Addresses] {
    let isReady = node.state.withLock { $0.isReady }
    let listeners = node.state.withLock { $0.listeners.count }
    var addresses = [ReadinessFacts.Addresses("peers", open: isReady ? listeners : 0, wanted: node.initial.listen.count)]
    if let remote = node.remote { addresses.append(.init("control", open: remote.count.open, wanted: remote.count.wanted)) }
    if let tracking = node.tracking {
      addresses.append(.init("tracker", open: tracking.listeners.count, wanted: node.initial.tracker?.listen.count ?? 0))
    }
    if let publishing = node.publishing {
      addresses.append(.init("catalogue", open: publishing.listeners.count, wanted: node.initial.catalogue?.listen.count ?? 0))
    }
    if let ops = node.ops { addresses.append(.init("http", open: ops.count.open, wanted: ops.count.wanted)) }
    return addresses
  }
}
