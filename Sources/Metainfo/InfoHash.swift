/// What names a swarm: the v1 info-hash (BEP 3), the v2 one (BEP 52), or both for a hybrid torrent. At least one is there.
public struct InfoHash: Hashable, Sendable {
  /// SHA-1 of the info dictionary; nil for v2-only torrents.
  public let v1: SHA1Digest?
  /// SHA-256 of the info dictionary; nil for v1-only torrents.
  public let v2: SHA256Digest?

  /// An info-hash of the versions given; nil where neither is.
  public init?(v1: SHA1Digest?, v2: SHA256Digest?) {
    guard v1 != nil || v2 != nil else { return nil }
    (self.v1, self.v2) = (v1, v2)
  }

  /// A v1-only info-hash.
  public init(v1: SHA1Digest) {
    (self.v1, v2) = (v1, nil)
  }

  /// A v2-only info-hash.
  public init(v2: SHA256Digest) {
    (v1, self.v2) = (nil, v2)
  }

  /// The 20-byte forms by which a handshake or an announce may name this torrent: v1, then v2 truncated.
  public var wire: [SHA1Digest] { [v1, v2?.truncated].compactMap { $0 } }

  /// The 20-byte form that we use first when we dial or announce.
  public var preferredWire: SHA1Digest { v1 ?? v2?.truncated ?? .zero }
}

extension InfoHash: CustomStringConvertible {
  /// The v1 info-hash in hexadecimal where there is one, else the v2 one.
  public var description: String { v1?.description ?? v2?.description ?? "" }
}
