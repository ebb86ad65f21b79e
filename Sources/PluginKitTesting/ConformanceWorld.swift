import PluginKit

/// The peers, artifacts and moments that a plugin is asked about.
///
/// The default has a bit of everything: addresses of both families, plain links and TLS, both directions, private and open artifacts of one byte
/// and of many files. A guard says little about itself in a world that its settings do not know: put in peers and artifacts that it should
/// allow, and others that it should not.
public struct ConformanceWorld: Sendable {
  /// What may be asked for.
  public var artifacts: [ArtifactFacts]
  /// Who asks, as far as that is known without an artifact: address, direction, link, identities, peer id, capability.
  public var peers: [PeerFacts]
  /// The moment of the first question; later ones are up to a year later.
  public var now: WallTime

  /// A world of these, or of the defaults: 2026-11-23T12:00:00Z, a Monday.
  public init(
    artifacts: [ArtifactFacts] = Self.artifacts, peers: [PeerFacts] = Self.peers,
    now: WallTime = WallTime(nanoseconds: 1_795_435_200_000_000_000)
  ) {
    (self.artifacts, self.peers, self.now) = (artifacts, peers, now)
  }

  /// An artifact for a world: its files by path and length, its info-hash made of its number.
  public static func artifact(
    _ id: UInt8, _ name: String, labels: [String: String] = [:], isPrivate: Bool = true, isSSL: Bool = false,
    files: [(path: String, length: Int64)] = [("app.bin", 100_000)], pieceLength: Int = 32_768
  ) -> ArtifactFacts {
    let files = files.map { TorrentFile(path: $0.path.split(separator: "/").map(String.init), length: $0.length) }
    let hash = SHA1Digest([UInt8](repeating: id, count: SHA1Digest.byteCount)) ?? .zero
    return ArtifactFacts(
      id: Int64(id), infoHash: InfoHash(v1: hash), name: name, labels: labels, isPrivate: isPrivate, isSSL: isSSL,
      layout: PieceLayout(files: files, pieceLength: pieceLength, isFileAligned: false))
  }

  /// A peer for a world; an identity puts it on a TLS link. Nil where the text is no address such as `10.0.0.1:6881`.
  public static func peer(
    _ address: String, identities: [Identity] = [], direction: PeerFacts.Direction = .inbound, client: String = "-LT2080-"
  ) -> PeerFacts? {
    guard let address = PeerAddress(address) else { return nil }
    let certificate = identities.first.map { identity in
      CertificateFacts(
        trust: identity.trust, subject: "CN=peer", serial: "01", issuers: ["CN=authority"], validUntil: WallTime(nanoseconds: .max),
        exporter: [UInt8](repeating: 7, count: 32))
    }
    var generator = TrialGenerator(seed: UInt64(address.port))
    return PeerFacts(
      address: address, direction: direction, link: certificate.map { PeerLink.tls($0) } ?? .plain, identities: identities,
      peerID: .random(prefix: client, using: &generator), now: WallTime(nanoseconds: 0))
  }

  /// The artifacts of the default world.
  public static let artifacts = [
    artifact(1, "app-1.0", labels: ["channel": "stable"]),
    artifact(
      2, "Zürich ☃", isPrivate: false, files: [("a", 1), ("empty", 0), ("sub/b", 16_384), ("sub/c", 200_001)], pieceLength: 16_384),
    artifact(3, "one-byte", isSSL: true, files: [("x", 1)], pieceLength: 16_384),
  ]

  /// The peers of the default world.
  public static let peers = [
    peer("10.1.2.3:50000"), peer("192.0.2.7:1", client: "\u{1B}[2J\n\t"), peer("[fd00::7]:65535", direction: .outbound),
    peer(
      "[::ffff:10.1.2.9]:0", identities: [Identity(trust: "fleet", name: "spiffe://corp/edge/7"), Identity(trust: "fleet", name: "cn:x")]),
    peer("127.0.0.1:6881", identities: [Identity(trust: "partners", name: "dns:build.example")]),
  ].compactMap { $0 }
}

/// Random numbers that are the same in every run with the same seed (SplitMix64).
struct TrialGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
