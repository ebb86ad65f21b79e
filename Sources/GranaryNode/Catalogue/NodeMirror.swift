import Catalogue
import Control
import HTTPClient
import Inventory
import Logging
import NIOCore
import OpenSSL
import PluginKit
import ServiceLifecycle
import Settings
import Synchronization

/// The catalogues that a node follows.
final class NodeMirror: Sendable {
  /// What a configuration brings, read before anything changes.
  struct Fresh: Sendable {
    let mirrors: [FollowedMirror]
    let budget: DiskBudget?
  }

  let follower: CatalogueFollower
  let replica: NodeReplica

  init(_ fresh: Fresh, replica: NodeReplica, database: InventoryDatabase, journal: any PluginKit.Journal, transport: any CatalogueTransport)
  {
    self.replica = replica
    follower = CatalogueFollower(
      fresh.mirrors, budget: fresh.budget, store: InventoryMirrorStore(database: database), actions: replica, transport: transport,
      journal: journal)
  }

  /// Throws a failure of the configuration with the place of what is wrong.
  static func prepare(_ settings: NodeSettings) throws -> Fresh {
    var urls: [String] = []
    for mirror in settings.mirror where !urls.contains(mirror.catalogue) { urls.append(mirror.catalogue) }
    let mirrors = try urls.map { url in try followed(settings.mirror.filter { $0.catalogue == url }, settings) }
    let budget = settings.disk.map {
      DiskBudget(most: $0.max.bytes, high: $0.high.value, low: $0.low.value, keep: $0.keep)
    }
    return Fresh(mirrors: mirrors, budget: budget)
  }

  private static func followed(_ entries: [NodeSettings.Mirror], _ settings: NodeSettings) throws -> FollowedMirror {
    guard let first = entries.first, let root = first.to ?? settings.artifacts.roots.first else {
      throw Failure(.configuration, "there is no folder for what a mirror fetches", place: settings.file)
    }
    let url: HTTPURL
    do throws(URLProblem) { url = try HTTPURL(first.catalogue) } catch {
      throw Failure(.configuration, "mirror.catalogue: \(error)", place: first.place)
    }
    let rules = entries.map { entry in
      MirrorRule(
        take: entry.take.map { NamePattern($0) }, labels: entry.labels, keep: entry.keep, pin: entry.pin.map { NamePattern($0) },
        grace: entry.grace.milliseconds / 1000, place: entry.place)
    }
    let trust = CatalogueTrust(
      keys: CatalogueKeys(first.keys.compactMap { CatalogueKeys.key($0) }), requiresSignature: !first.keys.isEmpty,
      maximumAge: first.maximumAge.milliseconds / 1000)
    return FollowedMirror(
      url: url, trust: trust, rules: rules, folders: entries.map { $0.to ?? settings.artifacts.roots.first ?? root },
      timing: PollTiming(every: first.every.duration), isPaused: first.isPaused, place: first.place)
  }

  func commit(_ fresh: Fresh) {
    Task { await follower.replace(fresh.mirrors, budget: fresh.budget) }
  }

  /// How each catalogue stands; nil where none is followed.
  var documents: [StatusDocument.Mirror]? {
    get async {
      let standings = await follower.status
      guard !standings.isEmpty else { return nil }
      return standings.map { one in
        StatusDocument.Mirror(
          catalogue: one.url.scheme.rawValue + "://" + one.url.authority, serial: one.serial,
          date: one.date.map { Timestamp(seconds: $0).iso8601 }, problem: one.problem, failures: one.failures)
      }
    }
  }

  /// Polls each catalogue when it is due, one after the other, until it is cancelled.
  func run() async throws {
    var due: [HTTPURL: ContinuousClock.Instant] = [:]
    while !Task.isCancelled {
      let urls = await follower.urls
      due = due.filter { urls.contains($0.key) }
      for url in urls where due[url] == nil { due[url] = .now + PollTiming(every: Self.longestStart).start(luck: .random(in: 0..<1)) }
      if let (url, moment) = due.min(by: { $0.value < $1.value }), moment <= .now {
        due[url] = await follower.poll(url).map { .now + $0 }
      } else {
        // Reloads may bring others.
        try await Task.sleep(for: min(Self.tick, due.values.min().map { max(.zero, $0 - .now) } ?? Self.tick))
      }
    }
  }

  /// Nodes that are started together do not ask together.
  private static let longestStart = Duration.seconds(2)
  private static let tick = Duration.seconds(1)
}

/// Follows catalogues for as long as the node runs.
struct MirrorService: Service {
  let mirror: NodeMirror

  func run() async throws {
    try? await cancelWhenGracefulShutdown { try await mirror.run() }
  }
}
