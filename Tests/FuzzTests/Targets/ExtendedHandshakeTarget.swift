import Metainfo
import NIOCore
import PeerProtocol

/// Extended handshakes (BEP 10), a first one and one that follows it.
struct ExtendedHandshakeTarget: FuzzTarget {
  static let name = "extended-handshake"
  static let maximumLength = 66 << 10

  func run(_ input: [UInt8]) throws {
    let limits = ExtendedHandshakeLimits()
    guard let handshake = try? ExtendedHandshake.decode(ByteBuffer(bytes: input), limits: limits) else { return }
    try promise(handshake.messages.count <= limits.names, "more names than the limit")
    let again = try ExtendedHandshake.decode(ByteBuffer(bytes: handshake.encoded()), limits: ExtendedHandshakeLimits(bytes: 1 << 20))
    try promise(again == handshake, "what we encode is another handshake")
    let merged = handshake.updated(by: again)
    try promise(merged.messages == handshake.messages.filter { $0.value != 0 }, "a handshake that is repeated changes something")
    try feed(input, twice: again)
  }

  /// As a session has it.
  private func feed(_ input: [UInt8], twice: ExtendedHandshake) throws {
    var session = PeerSession(layout: nil, fast: true, extensions: true, v2: false, limits: SessionLimits())
    _ = try? session.receive(.extended(id: 0, ByteBuffer(bytes: input)))
    _ = try? session.receive(.extended(id: 0, ByteBuffer(bytes: twice.encoded())))
    _ = session.takeGlitches()
  }

  func seeds() throws -> [[UInt8]] {
    var full = ExtendedHandshake()
    full.messages = ["ut_metadata": 1, "ut_pex": 2, "lt_donthave": 7, "upload_only": 3, "gone": 0]
    (full.metadataSize, full.requestQueue, full.clientVersion, full.listenPort) = (40_000, 250, "qBittorrent/4.5", 6881)
    (full.yourIP, full.uploadOnly, full.completeAgo) = ([127, 0, 0, 1], true, 7)
    full.extra = ["e": .integer(1), "ipv6": .bytes([UInt8](repeating: 1, count: 16)), "share_mode": .list([.integer(0)])]
    let texts = ["de", "d1:mdee", "d1:md11:ut_metadatai256eee", "d13:metadata_sizei-1e4:reqqi0e1:v300:x", "d1:v1:a1:mdeetrailing"]
    return [full.encoded()] + texts.map { Array($0.utf8) }
  }
}
