import Metainfo
import Synchronization

/// Who has what in one swarm, for super-seeding and for the breadth of unchoking. There is one only while something needs it.
///
/// Behind a lock of its own, taken when a peer tells of pieces, once a batch for a super-seeded peer, and about once a second.
final class SwarmWatch: Sendable {
  private struct State {
    var availability: PieceAvailability
    var seeder: SuperSeeder
    var peers = 0
  }

  private let state: Mutex<State>
  /// Whether the artifact's peers share a few slots, because the swarm lacks pieces and the upload limit is what they wait for.
  let isRationed = Atomic<Bool>(false)

  init(ours: Bitfield, pieceLength: Int, start: Int) {
    state = Mutex(
      State(availability: PieceAvailability(ours: ours), seeder: SuperSeeder(pieceLength: pieceLength, start: start)))
  }

  /// How many of our pieces no peer has.
  var lacking: Int { state.withLock { $0.availability.lacking } }

  /// Counts a peer in, with what it has told of. True where it is to be super-seeded.
  func join(_ number: PeerNumber, _ pieces: Bitfield, isSuperSeeding: Bool, now: ContinuousClock.Instant) -> Bool {
    state.withLock { state in
      state.peers += 1
      state.availability.add(pieces)
      return isSuperSeeding && state.seeder.join(number, state.availability, now: now)
    }
  }

  /// Counts a peer out, with all that it had told of.
  func leave(_ number: PeerNumber, _ pieces: Bitfield) {
    state.withLock { state in
      state.peers -= 1
      state.availability.remove(pieces)
      state.seeder.leave(number)
    }
  }

  /// A peer has a piece, or has it no more. Those that may be told of more because of it.
  func changed(_ number: PeerNumber, _ piece: Int, isThere: Bool) -> [PeerNumber] {
    state.withLock { state in
      guard isThere else {
        state.availability.remove(piece)
        return []
      }
      state.availability.add(piece)
      return state.seeder.got(piece, number, state.availability)
    }
  }

  /// A peer has told of all its pieces. Those that may be told of more because of it.
  func changed(_ number: PeerNumber, from before: Bitfield, to after: Bitfield) -> Set<PeerNumber> {
    state.withLock { state in
      state.availability.remove(before)
      state.availability.add(after)
      guard state.seeder.count > 0 else { return [] }
      var due: Set<PeerNumber> = []
      for piece in after.pieces where !before[piece] { due.formUnion(state.seeder.got(piece, number, state.availability)) }
      return due
    }
  }

  /// A batch of blocks was sent to a super-seeded peer. True where it may be told of more.
  func sent(_ batch: [Block], to number: PeerNumber, now: ContinuousClock.Instant) -> Bool {
    state.withLock { state in
      var isDue = false
      for block in batch where state.seeder.sent(Int(block.length), of: Int(block.piece), to: number, now: now) { isDue = true }
      return isDue
    }
  }

  /// What to tell a super-seeded peer.
  func next(
    for number: PeerNumber, visible: Bitfield, announced: Bitfield, held: Bitfield, isInterested: Bool, isChoked: Bool,
    now: ContinuousClock.Instant
  ) -> SuperSeeder.Reveal {
    state.withLock { state in
      let view = SuperSeeder.View(
        visible: visible, announced: announced, held: held, isInterested: isInterested, isChoked: isChoked, isAlone: state.peers < 2)
      return state.seeder.next(for: number, view, state.availability, now: now)
    }
  }

  /// How well a super-seeded peer shares.
  func merit(of number: PeerNumber) -> UInt8 { state.withLock { $0.seeder.merit(of: number) } }

  /// The peer is super-seeded no more.
  func release(_ number: PeerNumber) { state.withLock { $0.seeder.leave(number) } }
}
