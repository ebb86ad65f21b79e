import Catalogue
import Control
import Inventory
import Logging
import Metainfo
import NIOPosix
import OpenSSL
import PluginKit
import Settings

/// Makes, signs and hands out a node's catalogue: to each reader the list of what it may have.
///
/// Nothing runs by itself: when somebody asks, and the inventory may have changed, it is looked at, at most once in a few seconds; where it has,
/// or what was signed is old, it is signed anew. Readers who may have the same see the same bytes. Each list that is signed has a serial number
/// of its own, taken from the inventory, that begins with the time: a node whose inventory was lost goes on above what it gave out.
actor CataloguePublisher: CataloguePublishing {
  private struct Issue {
    let number: Int
    let listed: [CatalogueLister.Listed]
    let fingerprint: Int
    let generation: UInt64
    /// Seconds since 1970.
    let date: Int64
    let byHash: [[UInt8]: Int]
    /// By the indices of what is listed.
    var views: [[Int]: View] = [:]
    var readers: [CatalogueReader: (indices: [Int], until: WallTime?)] = [:]
  }

  private struct View {
    let document: CatalogueDocument
    let bytes: PublishedBytes
  }

  /// How the catalogue stands that was made last.
  struct Standing: Sendable, Hashable {
    let artifacts: Int
    /// Of the newest list that was signed of it; 0 for none.
    let serial: Int64
    /// Seconds since 1970.
    let date: Int64
  }

  /// Nil before somebody has asked for it.
  var standing: Standing? {
    issue.map { Standing(artifacts: $0.listed.count, serial: $0.views.values.map(\.document.serial).max() ?? 0, date: $0.date) }
  }

  private(set) var settings: NodeSettings.Catalogue
  private var key: Ed25519.PrivateKey
  private let database: InventoryDatabase
  private let policy: CataloguePolicy
  private let logger: Logger
  private let now: @Sendable () -> WallTime
  private var issue: Issue?
  private var issues = 0
  private var looked: WallTime?
  private var told: Set<String> = []
  private var making: Task<Void, any Error>?

  init(
    _ settings: NodeSettings.Catalogue, key: Ed25519.PrivateKey, database: InventoryDatabase, policy: CataloguePolicy, logger: Logger,
    now: @escaping @Sendable () -> WallTime = { .now }
  ) {
    (self.settings, self.key, self.database, self.policy, self.logger, self.now) = (settings, key, database, policy, logger, now)
  }

  /// Other settings, another key, or another policy.
  func replace(_ settings: NodeSettings.Catalogue, key: Ed25519.PrivateKey) {
    (self.settings, self.key, issue, looked) = (settings, key, nil, nil)
  }

  func catalogue(for reader: CatalogueReader) async -> PublishedBytes? { await view(for: reader)?.bytes }

  func feed(for reader: CatalogueReader, base: String) async -> PublishedBytes? {
    guard let view = await view(for: reader), let issue else { return nil }
    let lengths = Dictionary(issue.listed.map { ($0.entry.torrent, $0.torrentLength) }) { $1 }
    return PublishedBytes(Array(CatalogueFeed.rss(view.document, base: base, lengths: lengths).utf8))
  }

  func torrent(_ infoHash: String, for reader: CatalogueReader) async -> PublishedBytes? {
    guard await policy.admits(reader), await refresh(), let hash = Hex.decode(infoHash), let issue, let index = issue.byHash[hash],
      policy.mayHave(issue.listed[index].facts, reader).isAllowed
    else { return nil }
    let (database, listed) = (database, issue.listed[index])
    let read = try? await NIOThreadPool.singleton.runIfActive {
      try database.torrent(of: ArtifactID(rawValue: listed.facts.id))
    }
    guard let read else { return nil }
    guard SHA256Digest.hash(of: read) == listed.entry.torrentDigest else {
      // It was replaced by another of the same info-hash: the catalogue that says so comes first.
      (self.issue, looked) = (nil, nil)
      return nil
    }
    return PublishedBytes(read)
  }

  // MARK: What a reader sees

  private func view(for reader: CatalogueReader) async -> View? {
    guard await policy.admits(reader), await refresh() else { return nil }
    guard let indices = indices(for: reader) else { return nil }
    if let known = issue?.views[indices] { return known }
    guard let issue, issue.views.count < Self.mostViews else { return nil }
    do {
      let view = try await sign(indices.map { issue.listed[$0].entry }, date: issue.date)
      // Another issue may have come while the serial number was taken; this list is true of the one before, which is older.
      guard let current = self.issue, current.number == issue.number else { return view }
      if let other = current.views[indices] { return other }
      self.issue?.views[indices] = view
      return view
    } catch {
      logger.error("the catalogue cannot be signed", metadata: .event(.catalogueUnsigned, ["error": "\(error)"]))
      return nil
    }
  }

  private func indices(for reader: CatalogueReader) -> [Int]? {
    guard let issue else { return nil }
    if let known = issue.readers[reader], known.until.map({ now() < $0 }) ?? true { return known.indices }
    var (indices, until): ([Int], WallTime?) = ([], nil)
    for (index, listed) in issue.listed.enumerated() {
      let verdict = policy.mayHave(listed.facts, reader)
      if verdict.isAllowed { indices.append(index) }
      until = [until, verdict.until].compactMap { $0 }.min()
    }
    if issue.readers.count >= Self.mostReaders { self.issue?.readers.removeAll() }
    self.issue?.readers[reader] = (indices, until)
    return indices
  }

  /// A successor that the reader may not know of is left out.
  private func sign(_ entries: [CatalogueEntry], date: Int64) async throws -> View {
    let known = Set(entries.flatMap(\.infoHash.allBytes))
    let shown = entries.map { entry in entry.supersededBy.map { known.contains($0) } ?? true ? entry : entry.superseded(by: nil) }
    let (database, wanted) = (database, now().nanoseconds / 1_000_000)
    let serial = try await NIOThreadPool.singleton.runIfActive { try database.takeCatalogueSerial(atLeast: max(1, wanted)) }
    let document = try CatalogueDocument(name: settings.name, serial: serial, date: date, entries: shown)
    let signed = try SignedCatalogue(document, signedBy: key)
    return View(document: document, bytes: PublishedBytes(signed.encoded))
  }

  // MARK: The inventory

  /// False where there is nothing to show.
  private func refresh() async -> Bool {
    if let making {
      try? await making.value
      return issue != nil
    }
    let task = Task { try await look() }
    making = task
    do {
      try await task.value
    } catch {
      // What was signed before is as good as it was: a full disk must not keep replicas from it.
      logger.error("the inventory cannot be read for the catalogue", metadata: .event(.catalogueUnreadable, ["error": "\(error)"]))
    }
    making = nil
    return issue != nil
  }

  private func look() async throws {
    let moment = now()
    let isOld = issue.map { moment.seconds - $0.date >= settings.renew.milliseconds / 1000 } ?? true
    if !isOld, issue?.generation == policy.generation, let looked, moment.nanoseconds - looked.nanoseconds < Self.pause { return }
    let lister = CatalogueLister(database: database, settings: settings)
    let known = issue?.fingerprint
    let found = try await NIOThreadPool.singleton.runIfActive {
      () -> (fingerprint: Int, made: (listed: [CatalogueLister.Listed], problems: [String])?) in
      let before = try lister.database.listedInCatalogue()
      let artifacts = try lister.chosen(before)
      let fingerprint = lister.fingerprint(artifacts)
      if fingerprint == known { return (fingerprint, nil) }
      var made = lister.list(artifacts)
      if made.listed.count > CatalogueLimits.entries {
        made.problems.append("the catalogue holds \(CatalogueLimits.entries) artifacts; choose them with catalogue.artifacts")
        made.listed = Array(made.listed.suffix(CatalogueLimits.entries))
      }
      try lister.database.setListedInCatalogue(Set(made.listed.map(\.entry.infoHash.catalogueText)))
      return (fingerprint, made)
    }
    looked = moment
    guard let listed = found.made?.listed ?? issue?.listed else { return }
    for problem in found.made?.problems ?? [] where told.insert(problem).inserted {
      logger.warning("\(problem)", metadata: .event(.catalogueProblem))
    }
    if !isOld, found.made == nil, issue?.generation == policy.generation { return }
    let byHash = Dictionary(listed.enumerated().flatMap { index, one in one.entry.infoHash.allBytes.map { ($0, index) } }) { $1 }
    issues += 1
    issue = Issue(
      number: issues, listed: listed, fingerprint: found.fingerprint, generation: policy.generation,
      date: max(moment.seconds, issue?.date ?? 0),
      byHash: byHash)
  }

  /// Nanoseconds for which the inventory is not looked at again.
  private static let pause: Int64 = 2_000_000_000
  /// Different lists of one issue, at most: as many kinds of readers.
  private static let mostViews = 256
  private static let mostReaders = 4096
}
