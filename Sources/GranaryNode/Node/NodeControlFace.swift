import Control
import Engine
import Foundation
import Inventory
import Metainfo
import NIOPosix
import PluginKit
import Settings
import Synchronization
import Tracker

/// The node as its control socket shows it.
struct NodeControlFace: NodeControl {
  let node: Node
  /// Where it waits for the disk.
  var disk = NIOThreadPool.singleton

  func status() async throws -> StatusDocument {
    let totals = node.engine.totals
    let counts = try await blocking { try node.database.counts() }
    let (listeners, isReady) = node.state.withLock { ($0.listeners, $0.isReady) }
    var document = StatusDocument(
      ready: isReady && node.facesAreOpen,
      node: node.settings.node.name, pid: getpid(),
      version: Granary.version,
      uptime: Int64((ContinuousClock.now - node.started) / .seconds(1)),
      listeners: node.listenerDocuments(listeners),
      artifacts: counts.artifacts.values.reduce(0, +), serving: totals.artifacts, peers: totals.connections, uploaded: totals.uploaded,
      downloaded: totals.downloaded, policyGeneration: totals.generation, trackers: try await trackers(), plugins: plugins(),
      limits: limits,
      warnings: try await warnings())
    document.scrub = try await blocking { try node.scrubDocument() }
    document.leases = node.leasesDocument()
    document.tls = node.links.document(now: WallTime.now.seconds)
    document.journal = node.journalDocument()
    document.tracker = node.trackerDocument
    document.mirrors = await node.mirroring.documents
    document.http = node.ops?.documents
    document.control = node.remote?.documents
    let news = node.engine.linkNews
    document.tls?.stood = news.stood
    document.tls?.failed = news.failed
    return document
  }

  func peers() async throws -> PeersDocument {
    PeersDocument(peers: await node.engine.peers().map(PeersDocument.Peer.init))
  }

  func why(peer: String, artifact: String, operation: String?) async throws -> WhyDocument {
    let peers = await node.engine.peers().map { AskedPeer.Live(number: $0.number, facts: $0.facts) }
    return try await blocking {
      let explainer = Explainer(pipeline: node.engine.pipeline, database: node.database, peers: peers, asksOthers: true)
      return try explainer.explain(peer: peer, artifact: artifact, operation: operation)
    }
  }

  func submit(_ submission: Submission, by caller: ControlCaller) async throws -> ChangeDocument {
    try await blocking {
      let found = try Found(submission)
      try RootsPolicy(roots: node.settings.artifacts.roots).check(found.root)
      let (artifact, isNew) = submission.isVerification ? (try node.update(found), false) : try node.keep(found)
      node.journal.record(change(isNew ? "add" : "update", artifact, caller))
      return ChangeDocument(message: "\(isNew ? "added" : "updated") \(artifact.name)")
    }
  }

  func fetch(_ submission: FetchSubmission, by caller: ControlCaller) async throws -> FetchDocument {
    try await blocking {
      if let link = submission.magnet { return try node.fetch(magnet: link, submission) }
      let artifact = try node.fetch(submission)
      node.journal.record(change("fetch", artifact, caller))
      return try node.fetchDocument(artifact.id)
    }
  }

  func fetches(_ what: String?) async throws -> FetchesDocument {
    try await blocking {
      if let what, let document = try node.magnets.document(what) { return FetchesDocument(fetches: [document]) }
      let ids = try what.map { [try node.database.find($0).id] } ?? node.database.fetches().map(\.artifact)
      return FetchesDocument(fetches: try (what == nil ? node.magnets.documents : []) + ids.map { try node.fetchDocument($0) })
    }
  }

  func remove(_ what: String, by caller: ControlCaller) async throws -> ChangeDocument {
    try await blocking {
      let artifact = try node.database.find(what)
      let staged = try node.stagedFetch(artifact)
      // Where the inventory cannot be written, nothing changes: the artifact is not half removed.
      try node.database.remove(artifact.id)
      node.endFetch(artifact.id, reason: "removed by the operator")
      node.takeOutOfService(artifact.id, reason: "removed by the operator")
      node.forgetSSLTorrent(artifact.id)
      if let staged { node.discard(staged, of: artifact) }
      node.journal.record(change("remove", artifact, caller))
      return ChangeDocument(message: "removed \(artifact.name)")
    }
  }

  func pause(_ order: PauseOrder, by caller: ControlCaller) async throws -> ChangeDocument {
    try await blocking { change("pause", try node.pause(order, by: caller), caller) }
  }

  func resume(_ what: String, by caller: ControlCaller) async throws -> ChangeDocument {
    try await blocking { change("resume", try node.resume(what), caller) }
  }

  private func change(_ operation: String, _ answer: PauseDesk.Answer, _ caller: ControlCaller) -> ChangeDocument {
    if answer.isChange { node.journal.record(change(operation, answer.artifact, caller)) }
    return ChangeDocument(message: answer.message)
  }

  func limits() async throws -> LimitsDocument { node.limits.document(node.settings.limits) }

  func setLimits(_ order: LimitsOrder, by caller: ControlCaller) async throws -> LimitsDocument {
    try await blocking {
      try node.set(order)
      let document = node.limits.document(node.settings.limits)
      node.journal.record(
        JournalRecord(
          at: .now, principal: caller.description, address: nil, infoHash: nil, artifact: nil, operation: "limits", verdict: "allow",
          plugin: "control", reason: document.summary, generation: node.engine.pipeline.generation))
      return document
    }
  }

  func handOver(_ order: HandoverOrder, by caller: ControlCaller) async throws -> ChangeDocument { try await node.handOver(order) }

  func reload(by caller: ControlCaller) async throws -> ChangeDocument {
    try await blocking {
      let (message, warnings) = try node.reload()
      return ChangeDocument(message: message, warnings: warnings)
    }
  }

  func notify(_ order: NoticeOrder, by caller: ControlCaller) async throws -> NotifyDocument {
    try await blocking {
      let (artifact, document) = try NodeMessages(node: node).notify(order)
      node.journal.record(change("notify", artifact, caller))
      return document
    }
  }

  func approve(_ order: WishOrder, by caller: ControlCaller) async throws -> ApprovalChangeDocument {
    try await blocking { try NodeWishes(node: node).approve(order, by: caller) }
  }

  func revokeApproval(_ id: String, by caller: ControlCaller) async throws -> ApprovalChangeDocument {
    try await blocking { try NodeWishes(node: node).revoke(id, by: caller) }
  }

  func reject(_ order: WishOrder, by caller: ControlCaller) async throws -> RejectionDocument {
    try await blocking { try NodeWishes(node: node).reject(order, by: caller) }
  }

  func messages() async throws -> MessagesDocument {
    try await blocking { try NodeMessages(node: node).document() }
  }

  func flush() async throws -> ChangeDocument {
    try await blocking {
      try node.journal.writer.flush()
      try node.ledger.flush()
      try node.pluginValues.flush()
      try node.pending.flush()
      return ChangeDocument(message: "stored")
    }
  }

  /// A status names so many artifacts and trackers, of however many.
  private static let mostShown = 200

  func change(_ operation: String, _ artifact: Artifact, _ caller: ControlCaller) -> JournalRecord {
    JournalRecord(
      at: .now, principal: caller.description, address: nil, infoHash: artifact.infoHash.preferredWire, artifact: artifact.name,
      operation: operation, verdict: "allow", plugin: "control", reason: "asked for through the control interface by \(caller)",
      generation: node.engine.pipeline.generation)
  }

  private func trackers() async throws -> [StatusDocument.Tracker] {
    let statuses = await node.announcer.status(limit: Self.mostShown)
    let names = try await blocking {
      var names: [Int64: String] = [:]
      for id in Set(statuses.map(\.id)) { names[id] = (try? node.database.artifact(ArtifactID(rawValue: id)))?.name }
      return names
    }
    return statuses.map { status in
      var tracker = StatusDocument.Tracker(
        artifact: names[status.id] ?? "", url: status.url, state: status.state.rawValue, detail: status.message)
      tracker.port = node.port(at: status.place).map(Int.init)
      tracker.isFurther = status.isFirstPlace ? nil : true
      return tracker
    }
  }

  private func plugins() -> [StatusDocument.Plugin] {
    node.engine.pipeline.plugins.map { installed in
      let counts = installed.statistics.snapshot
      let trip = installed.statistics.trip
      return .init(
        name: installed.name, state: trip == nil ? .ok : .tripped, onError: installed.onError.rawValue,
        trippedAt: trip.map { Timestamp(nanoseconds: $0.at.nanoseconds).iso8601 }, reason: trip?.reason, calls: named(counts.calls),
        faults: named(counts.faults), late: named(counts.late), nanoseconds: named(counts.time.mapValues(\.wholeNanoseconds)),
        mode: installed.mode.rawValue, shadowed: counts.shadowed)
    }
  }

  /// How often each limit has bitten: the engine's, the plugins', the journal's.
  private var limits: [String: Int64] {
    let journal = node.journal.writer.status
    let pending = node.pending.status
    let own = [
      "journal_rows_merged": journal.merged, "journal_rows_pruned": journal.pruned, "journal_rows_dropped": journal.dropped,
      "transfers_dropped_bytes": node.ledger.status.droppedBytes, "pending_dropped": pending.dropped,
      "pending_forgotten": pending.forgotten,
    ]
    return node.pluginCounters.snapshot.merging(node.engine.limits) { $1 }.merging(own) { $1 }
  }

  private func named(_ counts: [Hook: UInt64]) -> [String: UInt64] {
    Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, $0.value) })
  }

  private func warnings() async throws -> [String] { try await blocking { try warningsNow() } }

  /// Waits for the disk.
  func warningsNow() throws -> [String] {
    var warnings = node.engine.pipeline.plugins.compactMap { installed in
      installed.statistics.trip.map { "plugin \(installed.name) is tripped (on-error: \(installed.onError.rawValue)): \($0.reason)" }
    }
    if let hang = node.formerHang { warnings.append("the last run hung and was ended: \(hang)") }
    if let shortage = node.shortageOfDescriptors { warnings.append(shortage) }
    warnings += node.journalWarnings
    if let problem = node.ledger.status.problem { warnings.append("transfers cannot be written: \(problem)") }
    if let problem = node.pluginValues.problem { warnings.append("what plugins keep cannot be written: \(problem)") }
    if let problem = node.pending.status.problem { warnings.append("what no rule is about cannot be written: \(problem)") }
    if let problem = node.approvals.problem { warnings.append("approvals could not be read, and none holds: \(problem)") }
    warnings += node.links.warnings(now: WallTime.now.seconds).map(\.text)
    warnings += try NodeMessages(node: node).warnings(limit: Self.mostShown)
    let filter = ArtifactFilter(states: [.changed, .missing, .failed])
    let counts = try node.database.counts().artifacts
    let count = (filter.states ?? []).reduce(0) { $0 + (counts[$1] ?? 0) }
    let waiting = try node.database.artifacts(filter, limit: Self.mostShown)
    warnings += waiting.map { "\($0.name) is not served: \($0.state.rawValue): \($0.stateReason)" }
    return count > waiting.count ? warnings + ["\(count - waiting.count) further artifacts are not served; see 'granary list'"] : warnings
  }

  /// Runs what waits for a disk on a thread that may, and turns what it throws into a document.
  func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    do {
      return try await disk.runIfActive(body)
    } catch {
      throw Failure(error).document
    }
  }
}

extension Node {
  /// Whether all addresses but those for peers are open.
  fileprivate var facesAreOpen: Bool {
    tracking?.isOpen ?? true && publishing?.isOpen ?? true && ops?.isOpen ?? true && remote?.isOpen ?? true
  }
}

extension Duration {
  /// Whole nanoseconds; 0 for what is negative.
  fileprivate var wholeNanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? .max : UInt64(clamping: product.addingReportingOverflow(attoseconds / 1_000_000_000).partialValue)
  }
}

extension PeersDocument.Peer {
  init(_ peer: PeerSnapshot) {
    self.init(
      number: peer.number, address: peer.address.description, direction: peer.direction.rawValue, phase: peer.phase,
      principal: peer.principal, tls: peer.tls, client: peer.client, artifact: peer.artifact?.name,
      infoHash: peer.artifact?.infoHash.description, choked: peer.isChoked, interested: peer.isInterested, uploaded: peer.uploaded,
      downloaded: peer.downloaded, queued: peer.queued, pieces: peer.peerPieces, age: peer.age / .seconds(1))
  }
}
