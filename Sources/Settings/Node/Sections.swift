internal import PluginKit

// The file as it is written: every key optional, so that one bad section does not hide the next. `NodeSettings+Loading` fills it in.

/// The whole file.
struct RootSection: Decodable {
  let node: NodeSection?
  let links: LinksWord?
  let listen: [PeerListenSection]?
  let announceAddress: AnnounceAddressSection?
  let announceLinks: AnnounceLinksSection?
  let tls: TLSSection?
  let artifacts: ArtifactsSection?
  let limits: LimitsSection?
  let scrub: ScrubSection?
  let superSeeding: SuperSeedingSection?
  let trackers: [TrackerURL]?
  let tracker: TrackerSection?
  let catalogue: CatalogueSection?
  let mirror: [MirrorSection]?
  let disk: DiskSection?
  let fetch: FetchSection?
  let http: HTTPSection?
  let control: ControlSection?
  let metrics: MetricsSection?
  let log: LogSection?
  let zones: ZonesSection?
  let peers: [PeerSection]?
  let origins: [HostName]?
  let https: TLSName?
  let pipeline: [PluginEntry]?
  let open: Bool?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case node, links, listen, tls, artifacts, limits, scrub, trackers, tracker, catalogue, mirror, disk, fetch, http, control, metrics, log,
      zones,
      peers,
      origins, https, pipeline, open
    case superSeeding = "super-seeding"
    case announceAddress = "announce-address"
    case announceLinks = "announce-links"
  }
}

/// `node`.
struct NodeSection: Decodable {
  let name: NodeName?
  let state: FilePath?
  let watchdog: OrWord<Off, BoundedSpan<1000, 600_000>>?
}

/// `node.name`.
struct NodeName: Decodable {
  let text: String

  init(from decoder: any Decoder) throws {
    text = try String(from: decoder)
    let isShort = (1...253).contains(text.utf8.count)
    guard isShort, printable(String(text.prefix(64))) == text.prefix(64), text.allSatisfy({ !$0.isNewline }) else {
      throw SettingsProblem("expected a name of 1 to 253 bytes on one line, found '\(printable(text))'")
    }
  }
}

/// An entry of `listen`.
struct PeerListenSection: Decodable {
  let address: Placed<SocketAddress>
  let tls: TLSName?
  let announceAddress: AnnounceAddressSection?
  let spot: Spot

  private enum CodingKeys: String, CodingKey {
    case address, tls
    case announceAddress = "announce-address"
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    address = try container.decode(Placed<SocketAddress>.self, forKey: .address)
    tls = try container.decodeIfPresent(TLSName.self, forKey: .tls)
    announceAddress = try container.decodeIfPresent(AnnounceAddressSection.self, forKey: .announceAddress)
    spot = Spot(decoder)
  }
}

/// An entry of `catalogue.listen`.
struct ListenSection: Decodable {
  let address: Placed<SocketAddress>
  let tls: TLSName?
  let spot: Spot

  private enum CodingKeys: CodingKey { case address, tls }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    address = try container.decode(Placed<SocketAddress>.self, forKey: .address)
    tls = try container.decodeIfPresent(TLSName.self, forKey: .tls)
    spot = Spot(decoder)
  }
}

/// `artifacts`.
struct ArtifactsSection: Decodable {
  let roots: [Placed<FilePath>]?
}

/// `limits`.
struct LimitsSection: Decodable {
  let upload: OrWord<Unlimited, ByteRate>?
  let download: OrWord<Unlimited, ByteRate>?
  let uploadPerArtifact: OrWord<Unlimited, ByteRate>?
  let uploadPerPrincipal: OrWord<Unlimited, ByteRate>?
  let connections: Whole<1, 1_000_000>?
  let perAddress: Whole<1, 1_000_000>?
  let perPrincipal: Whole<1, 1_000_000>?
  let handshakes: Whole<1, 100_000>?
  let handshakeTimeout: BoundedSpan<1000, 600_000>?
  let uploadSlots: OrWord<Auto, OrWord<Unlimited, Whole<1, 1_000_000>>>?
  let requestQueue: Whole<1, 10_000>?
  let idleTimeout: BoundedSpan<10_000, 86_400_000>?
  let openFiles: Whole<8, 1_000_000>?
  let lockedMemory: OrWord<Auto, ByteSize>?
  let journalRows: Whole<1000, 100_000_000>?
  let eventLoops: OrWord<Cores, Whole<1, 1024>>?

  enum CodingKeys: String, CodingKey {
    case upload, download, connections, handshakes
    case uploadPerArtifact = "upload-per-artifact"
    case uploadPerPrincipal = "upload-per-principal"
    case perPrincipal = "per-principal"
    case journalRows = "journal-rows"
    case perAddress = "per-address"
    case handshakeTimeout = "handshake-timeout"
    case uploadSlots = "upload-slots"
    case requestQueue = "request-queue"
    case idleTimeout = "idle-timeout"
    case openFiles = "open-files"
    case lockedMemory = "locked-memory"
    case eventLoops = "event-loops"
  }

  /// The limits, with defaults for what is not said.
  var limits: Limits {
    var limits = Limits()
    limits.upload = upload?.value
    limits.download = download?.value
    limits.uploadPerArtifact = uploadPerArtifact?.value
    limits.uploadPerPrincipal = uploadPerPrincipal?.value
    limits.perPrincipal = perPrincipal?.value
    limits.journalRows = journalRows?.value ?? limits.journalRows
    limits.connections = connections?.value ?? limits.connections
    limits.perAddress = perAddress?.value ?? limits.perAddress
    limits.handshakes = handshakes?.value ?? limits.handshakes
    limits.handshakeTimeout = handshakeTimeout?.value ?? limits.handshakeTimeout
    limits.uploadSlots = slots
    limits.requestQueue = requestQueue?.value ?? limits.requestQueue
    limits.idleTimeout = idleTimeout?.value ?? limits.idleTimeout
    limits.openFiles = openFiles?.value ?? limits.openFiles
    limits.lockedMemory = lockedMemory?.value
    limits.eventLoops = eventLoops?.value?.value
    return limits
  }
}

extension LimitsSection {
  private var slots: Limits.UploadSlots {
    guard let counted = uploadSlots?.value else { return .auto }
    return counted.value.map { .fixed($0.value) } ?? .unlimited
  }
}

/// `super-seeding`: a word, or patterns of artifacts.
struct SuperSeedingSection: Decodable {
  let value: NodeSettings.SuperSeeding

  init(from decoder: any Decoder) throws {
    guard let strict = decoder as? StrictDecoder, case .scalar = strict.node.content else {
      value = .artifacts(try [ArtifactPattern](from: decoder).map(\.text))
      return
    }
    let text = try strict.scalarText(expected: Self.expected)
    switch text {
    case "off": value = .off
    case "auto": value = .auto
    default: throw SettingsProblem("expected \(Self.expected), found '\(printable(text))'")
    }
  }

  private static let expected = "off, auto or a list of artifacts"
}

/// An entry of `peers`: an address, or a mapping that says for which artifacts.
struct PeerSection: Decodable {
  let address: Placed<SocketAddress>
  let artifacts: [ArtifactPattern]?
  let tls: TLSName?
  let spot: Spot

  private enum CodingKeys: CodingKey { case address, artifacts, tls }

  init(from decoder: any Decoder) throws {
    spot = Spot(decoder)
    if let strict = decoder as? StrictDecoder, case .scalar = strict.node.content {
      (address, artifacts, tls) = (try Placed(from: decoder), nil, nil)
    } else {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      address = try container.decode(Placed<SocketAddress>.self, forKey: .address)
      artifacts = try container.decodeIfPresent([ArtifactPattern].self, forKey: .artifacts)
      tls = try container.decodeIfPresent(TLSName.self, forKey: .tls)
    }
    guard address.value.address.port > 0 else {
      throw SettingsProblem("a peer to dial needs a port other than 0", place: address.place)
    }
  }
}

/// A pattern for artifacts, as a peer's entry holds it.
struct ArtifactPattern: TextValue {
  let text: String

  static let expected = "an artifact's name or a pattern such as release-*"

  init(text: String) throws(SettingsProblem) {
    guard !text.isEmpty else { throw Self.mismatch(text) }
    self.text = text
  }
}
