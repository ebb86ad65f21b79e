import Metainfo

/// Super-seeding (BEP 16): what is revealed to whom, so that the first copy of an artifact leaves us about once.
///
/// A value fed with who comes and goes, what they have, what was sent and a clock. A peer begins with no piece of ours. It is told of a few at
/// a time, each one that nobody has and nobody else was told of; the next when half of one is sent, so that its link is not idle. What it
/// has got and nobody has from it yet is its credit: the peer that shares is given more, the one that does not waits for `patience` each
/// time. What is on its way to somebody, and moves, is given to nobody else: each block that we send twice before the first copy is out is one
/// that the whole swarm waits for. Nobody starves: a peer alone for `aloneGrace`, and one all of whose pieces the others have, is told of
/// everything at once.
package struct SuperSeeder: Sendable {
  /// A connection.
  package typealias PeerNumber = UInt64

  /// What a connection knows of its peer when it asks what to reveal.
  package struct View: Sendable {
    /// The pieces that we hold and that are granted to it: nothing else is ever revealed.
    package let visible: Bitfield
    /// Those that it has been told of.
    package let announced: Bitfield
    /// The pieces that it has.
    package let held: Bitfield
    package let isInterested: Bool
    /// Whether we let it ask: else it is told of one piece only, so that it is interested.
    package let isChoked: Bool
    /// Whether it is the only peer of its artifact.
    package let isAlone: Bool

    package init(visible: Bitfield, announced: Bitfield, held: Bitfield, isInterested: Bool, isChoked: Bool = false, isAlone: Bool) {
      (self.visible, self.announced, self.held) = (visible, announced, held)
      (self.isInterested, self.isChoked, self.isAlone) = (isInterested, isChoked, isAlone)
    }
  }

  /// What to tell a peer.
  package enum Reveal: Sendable, Hashable {
    case nothing
    case pieces([Int])
    /// All that it may see: it is super-seeded no more.
    case everything
  }

  /// A piece that a peer was told of and that is not known to have gone further.
  struct Gift: Sendable {
    let piece: Int
    let since: ContinuousClock.Instant
    /// When it was given, or a block of it was last sent.
    var moved: ContinuousClock.Instant
    /// Bytes of it that we have sent to the peer.
    var sent = 0
    /// The peer has it whole.
    var isHeld = false
  }

  struct Peer: Sendable {
    var gifts: [Gift] = []
    /// Pieces from us that were seen at somebody else afterwards.
    var proofs = 0
    var revealed: ContinuousClock.Instant
    /// How many times as much is revealed at once: doubles while the peer wants nothing of what it is told of.
    var boldness = 1
  }

  /// A peer that waits for a proof of sharing is given one more piece after this time, and a piece that has not moved for this time is given to
  /// another.
  package static let patience = Duration.seconds(10)
  /// After this time alone there is nobody to share with.
  package static let aloneGrace = Duration.seconds(10)
  /// A peer that is not interested by then does not want the piece, which may be of a file that it does not take.
  package static let unwantedAfter = Duration.seconds(2)
  /// A piece of which nothing was sent by then is given to somebody else.
  package static let staleAfter = Duration.seconds(30)

  /// However it moves, a piece that has taken so long is given to another too: a peer that is slow, or pretends to be, keeps nothing from others.
  package static let longestAlone = Duration.seconds(60)

  /// However bold we are with a peer, no more pieces are revealed at once than this: each costs a message, and a place in our lists.
  package static let mostAtOnce = 1024

  /// Pieces that are revealed at once and not half sent: two, and half a megabyte of small ones where there are so many.
  let depth: Int
  private let half: Int
  var peers: [PeerNumber: Peer] = [:]
  /// For each piece that was given and not proven: to whom.
  private var receivers: [Int: [PeerNumber]] = [:]
  private var cursor: Int
  private var aloneSince: ContinuousClock.Instant?

  /// For pieces of this length in bytes. The search for a rare piece begins at `start`, so that two seeders do not give the same ones.
  package init(pieceLength: Int, start: Int) {
    depth = min(max(2, (512 << 10) / max(1, pieceLength)), 32)
    half = max(1, pieceLength / 2)
    cursor = max(0, start)
  }

  /// How many peers are super-seeded.
  package var count: Int { peers.count }

  /// A peer has come. False where the swarm has every piece without us: then nothing is held back from it.
  package mutating func join(_ number: PeerNumber, _ availability: PieceAvailability, now: ContinuousClock.Instant) -> Bool {
    guard availability.lacking > 0 else { return false }
    peers[number] = Peer(revealed: now)
    return true
  }

  /// A peer is gone, or is super-seeded no more: what it was given and nobody has is to be given again.
  package mutating func leave(_ number: PeerNumber) {
    for gift in peers.removeValue(forKey: number)?.gifts ?? [] { forget(gift.piece, of: number) }
  }

  /// Blocks of a piece were sent. True where the peer may be told of another piece.
  package mutating func sent(_ bytes: Int, of piece: Int, to number: PeerNumber, now: ContinuousClock.Instant) -> Bool {
    guard let index = peers[number]?.gifts.firstIndex(where: { $0.piece == piece }), let before = peers[number]?.gifts[index].sent else {
      return false
    }
    peers[number]?.gifts[index].sent = before + bytes
    // Asking for the same again is no movement.
    if before < 2 * half { peers[number]?.gifts[index].moved = now }
    peers[number]?.boldness = 1
    return before < half && before + bytes >= half
  }

  /// A peer, super-seeded or not, has got a piece, and is counted in `availability`. Those that may be told of more because of it.
  package mutating func got(_ piece: Int, _ number: PeerNumber, _ availability: PieceAvailability) -> [PeerNumber] {
    guard let receivers = receivers[piece] else { return [] }
    // One that has it from us proves nothing for the others.
    let isFromUs = peers[number]?.gifts.contains { $0.piece == piece && $0.sent > 0 } ?? false
    for receiver in receivers {
      guard let index = peers[receiver]?.gifts.firstIndex(where: { $0.piece == piece }) else { continue }
      if receiver == number, isFromUs { peers[receiver]?.gifts[index].isHeld = true }
      let isHeld = peers[receiver]?.gifts[index].isHeld == true
      guard availability[piece] > (isHeld ? 1 : 0) else { continue }
      if isHeld, receiver != number, !isFromUs { peers[receiver]?.proofs += 1 }
      peers[receiver]?.gifts.remove(at: index)
      forget(piece, of: receiver)
    }
    return receivers
  }

  /// How well a peer shares what it is given, from 0 to 4: a head start for the choker.
  package func merit(of number: PeerNumber) -> UInt8 {
    guard let peer = peers[number] else { return 0 }
    let given = peer.proofs + peer.gifts.count { $0.isHeld }
    return given == 0 ? 0 : UInt8(peer.proofs * 4 / given)
  }

  /// What to tell a peer now. Asked when something made room, and about once a second.
  package mutating func next(
    for number: PeerNumber, _ view: View, _ availability: PieceAvailability, now: ContinuousClock.Instant
  ) -> Reveal {
    guard peers[number] != nil else { return .everything }
    aloneSince = view.isAlone ? aloneSince ?? now : nil
    let isLonely = aloneSince.map { now - $0 >= Self.aloneGrace } ?? false
    guard availability.lacking > 0, !isLonely else { return release(number) }
    expire(number, view, now)
    let room = room(number, view, availability.lacking, now)
    guard room > 0 else { return .nothing }
    let fresh = hasFresh(availability) ? search(room, view, availability) : []
    if !fresh.isEmpty { return give(fresh, number, now) }
    guard receivers.keys.contains(where: { isOpen($0, view, availability) }) else { return release(number) }
    // All that nobody has is on its way to somebody, who may be slow or never pass it on.
    guard isIdle(number), !isPatient(number, now), let piece = rarestStuck(view, availability, now) else { return .nothing }
    return give([piece], number, now)
  }

  // MARK: Room

  private func isIdle(_ number: PeerNumber) -> Bool { peers[number]?.gifts.allSatisfy { $0.isHeld || $0.sent >= half } ?? false }

  private func isPatient(_ number: PeerNumber, _ now: ContinuousClock.Instant) -> Bool {
    peers[number].map { now - $0.revealed < Self.patience } ?? true
  }

  /// How many pieces more the peer may be told of.
  private func room(_ number: PeerNumber, _ view: View, _ lacking: Int, _ now: ContinuousClock.Instant) -> Int {
    guard let peer = peers[number] else { return 0 }
    let unsent = peer.gifts.count { !$0.isHeld && $0.sent < half }
    if view.isChoked, !view.isAlone { return unsent == 0 && (peer.gifts.isEmpty || !isPatient(number, now)) ? 1 : 0 }
    // So many at once that a quarter of what is lacking is on its way: were it all, nothing would be left for those who share.
    let depth = min(self.depth, max(2, lacking / (4 * peers.count)))
    let most = min(depth * peer.boldness * (view.isAlone ? 4 : 1), Self.mostAtOnce)
    if view.isAlone { return most - unsent }
    let credit = 2 * depth + min(peer.proofs, 14 * depth) - peer.gifts.count { $0.isHeld }
    if credit > 0 { return min(most - unsent, credit * peer.boldness) }
    return unsent == 0 && !isPatient(number, now) ? 1 : 0
  }

  /// Takes back what the peer does not want, or does not fetch.
  private mutating func expire(_ number: PeerNumber, _ view: View, _ now: ContinuousClock.Instant) {
    guard let peer = peers[number] else { return }
    let time = view.isInterested ? Self.staleAfter : Self.unwantedAfter
    func isGone(_ gift: Gift) -> Bool { !gift.isHeld && gift.sent == 0 && now - gift.since >= time }
    let gone = peer.gifts.filter(isGone)
    guard !gone.isEmpty else { return }
    for gift in gone { forget(gift.piece, of: number) }
    peers[number]?.gifts.removeAll(where: isGone)
    if !view.isInterested { peers[number]?.boldness = min(peer.boldness * 2, 1024) }
  }

  // MARK: Pieces

  /// Whether there is a piece that nobody has and nobody was told of. Most often a look at two numbers tells; else it costs as much as there
  /// are gifts, and not as much as there are pieces.
  private func hasFresh(_ availability: PieceAvailability) -> Bool {
    availability.lacking > receivers.count || availability.lacking > receivers.keys.count { availability[$0] == 0 }
  }

  /// Whether the peer may be told of the piece, which it lacks as all others do.
  private func isOpen(_ piece: Int, _ view: View, _ availability: PieceAvailability) -> Bool {
    view.visible[piece] && availability[piece] == 0 && !view.announced[piece] && !view.held[piece]
  }

  /// Pieces that the peer may be told of and nobody was told of.
  private mutating func search(_ room: Int, _ view: View, _ availability: PieceAvailability) -> [Int] {
    let count = view.visible.count
    var fresh: [Int] = []
    for step in 0..<count {
      let piece = (cursor + step) % count
      guard isOpen(piece, view, availability), receivers[piece] == nil else { continue }
      fresh.append(piece)
      if fresh.count == room { break }
    }
    if let last = fresh.last { cursor = (last + 1) % count }
    return fresh
  }

  /// Whether a piece that others were told of has not moved for a while, or takes too long.
  private func isStuck(_ piece: Int, _ now: ContinuousClock.Instant) -> Bool {
    receivers[piece]?.allSatisfy { receiver in
      peers[receiver]?.gifts.first { $0.piece == piece }.map { gift in
        now - gift.moved >= Self.patience || now - gift.since >= Self.longestAlone
      } ?? true
    } ?? true
  }

  /// Of the pieces that are stuck with others and that this peer may be told of, the one that fewest were told of; of equals the next in turn.
  private func rarestStuck(_ view: View, _ availability: PieceAvailability, _ now: ContinuousClock.Instant) -> Int? {
    let count = view.visible.count
    func rank(_ piece: Int) -> (Int, Int) { (receivers[piece]?.count ?? 0, (piece - cursor % count + count) % count) }
    return receivers.keys.lazy.filter { isOpen($0, view, availability) && isStuck($0, now) }.min { rank($0) < rank($1) }
  }

  private mutating func give(_ pieces: [Int], _ number: PeerNumber, _ now: ContinuousClock.Instant) -> Reveal {
    for piece in pieces {
      peers[number]?.gifts.append(Gift(piece: piece, since: now, moved: now))
      receivers[piece, default: []].append(number)
    }
    peers[number]?.revealed = now
    return .pieces(pieces)
  }

  private mutating func release(_ number: PeerNumber) -> Reveal {
    leave(number)
    return .everything
  }

  private mutating func forget(_ piece: Int, of number: PeerNumber) {
    receivers[piece]?.removeAll { $0 == number }
    if receivers[piece]?.isEmpty == true { receivers[piece] = nil }
  }
}
