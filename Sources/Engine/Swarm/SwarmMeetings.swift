import PeerProtocol
import PluginKit

/// Who is connected with us for an artifact that we fetch: two nodes that learn of each other may each dial the other, and one link is enough.
///
/// Both ends know both peer ids, and decide alike without a word: the link stays that the one with the lower id has dialed. A peer id is a claim,
/// so that one from another address is somebody else.
struct SwarmMeetings: Sendable {
  struct Peer: Sendable, Hashable {
    let address: IPAddress
    let id: PeerID
  }

  enum Answer: Sendable, Hashable {
    case stays
    /// It stays in place of this one.
    case replaces(PeerNumber)
    /// There is one already.
    case goes
  }

  private var numbers: [Peer: (number: PeerNumber, isPreferred: Bool)] = [:]
  private var peers: [PeerNumber: Peer] = [:]

  /// - Parameter isPreferred: whether the one with the lower peer id has dialed.
  mutating func meet(_ number: PeerNumber, _ peer: Peer, isPreferred: Bool) -> Answer {
    let former = numbers[peer]
    if let former, former.number != number, former.isPreferred || !isPreferred { return .goes }
    numbers[peer] = (number, isPreferred)
    peers[number] = peer
    guard let former, former.number != number else { return .stays }
    peers[former.number] = nil
    return .replaces(former.number)
  }

  mutating func leave(_ number: PeerNumber) {
    guard let peer = peers.removeValue(forKey: number), numbers[peer]?.number == number else { return }
    numbers[peer] = nil
  }
}
