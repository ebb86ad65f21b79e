/// Which artifacts a page shows.
package struct ArtifactsQuery: Sendable, Hashable {
  package enum Order: String, Sendable, CaseIterable { case name, size, changed, added }

  /// Part of a name, or the start of an info-hash; empty for all.
  package var text = ""
  /// A word for the state; nil for all.
  package var state: String?
  package var order = Order.name
  package var offset = 0

  package init() {}

  /// Rows of a page.
  package static let limit = 50
}

/// Which peers a page shows.
package struct PeersQuery: Sendable, Hashable {
  package enum Order: String, Sendable, CaseIterable { case busiest, newest, oldest }

  /// Part of a principal, an address, a client's or an artifact's name; empty for all.
  package var text = ""
  package var order = Order.busiest
  package var offset = 0

  package init() {}

  /// Rows of a page.
  package static let limit = 50
}

/// A document of the status page.
package enum PagePart: Sendable, Hashable {
  case overview
  case services
  case throughput(ThroughputRing.Span)
  case artifacts(ArtifactsQuery)
  /// By its info-hash.
  case artifact(String)
  case peers(PeersQuery)
  case refusals
  case runs

  /// Whether the inventory is asked for it. The others are counters.
  var waitsForDisk: Bool {
    switch self {
    case .overview, .throughput, .peers: false
    case .services, .artifacts, .artifact, .refusals, .runs: true
    }
  }

  /// For so long a document is given out again as it is, however many ask.
  package var freshness: Duration {
    switch self {
    case .overview, .throughput, .peers, .refusals: .seconds(1)
    case .artifact: .seconds(2)
    case .artifacts: .seconds(3)
    case .services, .runs: .seconds(8)
    }
  }
}

extension PagePart {
  /// The document of a path and its query; nil where there is none. What is wrong in a query is left out of it, as if it were not there.
  package init?(path: String, query: [String: String]) {
    let text = String((query["q"] ?? "").unicodeScalars.filter { $0.value >= 0x20 }.prefix(Self.longestText).map(Character.init))
    let offset = query["offset"].flatMap { Int($0) }.map { min(max(0, $0), Self.mostRows) } ?? 0
    switch path {
    case "/page/overview.json": self = .overview
    case "/page/services.json": self = .services
    case "/page/throughput.json": self = .throughput(query["span"].flatMap { .init(rawValue: $0) } ?? .recent)
    case "/page/refusals.json": self = .refusals
    case "/page/runs.json": self = .runs
    case "/page/artifacts.json":
      var artifacts = ArtifactsQuery()
      (artifacts.text, artifacts.offset) = (text, offset)
      artifacts.state = query["state"].flatMap { $0.isEmpty ? nil : String($0.prefix(Self.longestText)) }
      if let order = query["order"].flatMap({ ArtifactsQuery.Order(rawValue: $0) }) { artifacts.order = order }
      self = .artifacts(artifacts)
    case "/page/artifact.json":
      guard let hash = query["hash"], [40, 64].contains(hash.utf8.count), hash.allSatisfy(\.isHexDigit) else { return nil }
      self = .artifact(hash.lowercased())
    case "/page/peers.json":
      var peers = PeersQuery()
      (peers.text, peers.offset) = (text, offset)
      if let order = query["order"].flatMap({ PeersQuery.Order(rawValue: $0) }) { peers.order = order }
      self = .peers(peers)
    default: return nil
    }
  }

  private static let longestText = 100
  private static let mostRows = 10_000_000
}
