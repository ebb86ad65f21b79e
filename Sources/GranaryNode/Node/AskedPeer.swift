import Metainfo
import PluginKit

/// The peer that `why` asks about: one that is connected, or one that might be.
struct AskedPeer: Sendable {
  /// A connection of the running node.
  struct Live: Sendable {
    let number: UInt64
    let facts: PeerFacts
  }

  /// What guards would be told of it, but for the artifact.
  let facts: PeerFacts
  /// The connection's number; nil for a peer that is made up.
  let live: UInt64?

  /// Finds who is meant: a connection's number, an address and port or an identity that one of them has; else anything that could be one: an
  /// address, an identity, or an address, a comma and identities (`10.0.0.1,fleet/spiffe://corp/edge/7`). Throws where it is none of these.
  init(_ text: String, among peers: [Live], now: WallTime) throws {
    if let peer = try Self.live(text, peers) {
      var known = peer.facts
      known.now = now
      (facts, live) = (known, peer.number)
      return
    }
    let (address, identities) = try Self.parse(text)
    // Nobody is at this address: who asks about an identity alone asks what it may have wherever it is, as far as addresses let it.
    let nowhere = IPAddress("0.0.0.0").map { PeerAddress(ip: $0, port: 0) }
    guard let place = address ?? nowhere else { throw Failure(.internalError, "0.0.0.0 is no address") }
    // It is asked about as one that has shaken hands: a guard that waits for more until then has its answer.
    let peerID = PeerID([UInt8](repeating: 0, count: PeerID.byteCount))
    facts = PeerFacts(
      address: place, direction: .inbound, link: Self.link(identities), identities: identities, peerID: peerID, now: now)
    live = nil
  }

  private static func live(_ text: String, _ peers: [Live]) throws -> Live? {
    guard let number = UInt64(text) else { return find(text, try parse(text).1, peers) }
    guard let peer = peers.first(where: { $0.number == number }) else {
      throw Failure(.usage, "no peer is connected under the number \(number); 'granary peers --json' has the numbers")
    }
    return peer
  }

  private static func find(_ text: String, _ identities: [Identity], _ peers: [Live]) -> Live? {
    if let address = PeerAddress(text) { return peers.first { $0.facts.address == address } }
    guard identities.count == 1, let identity = identities.first, identity.description == text else { return nil }
    return peers.first { $0.facts.identities.contains(identity) }
  }

  /// Names of certificates are proven by TLS, and by nothing else.
  private static func link(_ identities: [Identity]) -> PeerLink {
    let kinds = ["spiffe:", "dns:", "cn:", "spki:"]
    guard let identity = identities.first(where: { identity in kinds.contains { identity.name.hasPrefix($0) } }) else { return .plain }
    return .tls(
      CertificateFacts(
        trust: identity.trust, subject: "", serial: "", issuers: [], validUntil: WallTime(nanoseconds: .max), exporter: nil))
  }

  private static func parse(_ text: String) throws -> (PeerAddress?, [Identity]) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let address = parts.first.flatMap { text in PeerAddress(text) ?? IPAddress(text).map { PeerAddress(ip: $0, port: 0) } }
    let identities = parts.dropFirst(address == nil ? 0 : 1).map(identity)
    guard address != nil || identities.first != nil, identities.allSatisfy({ $0 != nil }) else {
      let forms =
        "10.0.0.1, fd00::1, 10.0.0.1:6881 or an identity such as fleet/spiffe://corp/edge/7, or an address, a comma and identities, or a "
        + "connection's number"
      throw Failure(.usage, "'\(text)' is neither an address nor an identity: write \(forms)")
    }
    return (address, identities.compactMap { $0 })
  }

  private static func identity(_ text: String) -> Identity? {
    guard let slash = text.firstIndex(of: "/"), slash > text.startIndex, text[slash...].contains(":") else { return nil }
    return Identity(trust: String(text[..<slash]), name: String(text[text.index(after: slash)...]))
  }
}
