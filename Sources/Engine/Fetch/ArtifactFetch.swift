import Metainfo
import NIOCore
import PluginKit
import Storage
import Synchronization

/// An artifact that is being fetched: what its connections, which live on several loops, and the disk's threads share.
///
/// A connection asks it which blocks to ask for, gives it those that come, and is told by `EngineCore.visit` of what concerns it. What is to be
/// written waits in order; one job at a time writes it, and each whole piece is hashed as it lies on disk by a job of its own. A piece that is
/// right is told of and served at once; it is forced to disk and recorded as held within about a second, so that a restart believes in nothing
/// that a power cut may have taken.
final class ArtifactFetch: Sendable {
  typealias Instant = ContinuousClock.Instant

  let order: FetchOrder
  let writer: ArtifactWriter
  let state: Mutex<FetchState>
  let checkers: CheckerPool
  /// The device that the artifact comes to lie on.
  let device: UInt64
  private let over = Atomic(false)
  private let webSeeds = Mutex<[Task<Void, Never>]>([])
  private let wanted: (pieces: Int, bytes: Int64)

  /// - Parameter held: the pieces that an earlier run has left.
  init(_ order: FetchOrder, writer: ArtifactWriter, held: Bitfield, seed: UInt64) {
    (self.order, self.writer) = (order, writer)
    let (layout, wanted) = (order.torrent.layout, writer.wanted)
    let priorities: [PiecePriority]? =
      order.files == nil ? nil : (0..<layout.pieceCount).map { wanted[$0] ? .normal : .skip }
    state = Mutex(
      FetchState(
        picker: PiecePicker(layout: layout, held: held, priorities: priorities, seed: seed), judge: PieceJudge(order.torrent)))
    checkers = CheckerPool(writer)
    device = writer.device
    self.wanted = (wanted.population, wanted.pieces.reduce(0) { $0 + Int64(layout.length(ofPiece: $1) ?? 0) })
  }

  /// Whether it has come to its end, whatever that was.
  var isOver: Bool { over.load(ordering: .relaxed) }
  func end() {
    over.store(true, ordering: .relaxed)
    for task in webSeeds.withLock({ $0 }) { task.cancel() }
  }

  /// Tasks that end with the fetch.
  func keep(_ task: Task<Void, Never>) { webSeeds.withLock { $0.append(task) } }

  /// Bytes that are wanted and not there.
  var bytesLeft: Int64 { state.withLock { $0.picker.bytesLeft } }

  var snapshot: FetchSnapshot {
    state.withLock { state in
      let here = state.members.values.filter(\.isHere)
      return FetchSnapshot(
        stage: state.stage, held: state.picker.heldPieces.intersection(writer.wanted).population, wanted: wanted.pieces,
        bytesLeft: state.picker.bytesLeft, bytesWanted: wanted.bytes, downloaded: state.downloaded, wasted: state.wasted,
        failedPieces: state.failedPieces, peers: here.count, serving: here.count(where: \.isServing), trouble: state.trouble?.text)
    }
  }

  // MARK: Peers

  /// Why a peer is not to be met again for this artifact; nil where there is no reason.
  func refusal(of principal: String) -> String? { state.withLock { $0.refused[principal] } }

  func join(_ number: PeerNumber, _ address: PeerAddress, _ principal: String) {
    state.withLock { $0.join(number, FetchState.Member(address: address, principal: principal)) }
  }

  /// A web seed, which has everything.
  func join(webSeed number: PeerNumber, _ principal: String) {
    state.withLock { state in
      state.join(number, FetchState.Member(address: nil, principal: principal))
      _ = state.picker.hasAll(number)
    }
  }

  /// What it was asked for is asked of others; those that wait for something to ask for.
  func leave(_ number: PeerNumber) -> Set<PeerNumber> {
    state.withLock { state in
      state.leave(number)
      return state.takeIdle()
    }
  }

  func serves(_ number: PeerNumber, _ isServing: Bool) { state.withLock { $0.members[number]?.isServing = isServing } }

  /// Whether the peer has anything that we want.
  func isInteresting(_ number: PeerNumber) -> Bool { state.withLock { $0.stage == .fetching && $0.picker.isInteresting(number) } }

  // MARK: Blocks

  /// The next blocks to ask the peer for, which it is asked for from now on. Where there are none, it is told when there may be.
  func pick(_ demand: PickDemand, for number: PeerNumber, now: Instant) -> [Block] {
    state.withLock { state in
      let blocks = state.mayAsk ? state.picker.pick(demand, for: number, now: now) : []
      if blocks.count < demand.count { state.idle.insert(number) } else { state.idle.remove(number) }
      return blocks
    }
  }

  /// The peer does not give these blocks; those that wait for something to ask for.
  func release(_ blocks: some Sequence<Block>, from number: PeerNumber) -> Set<PeerNumber> {
    state.withLock { state in
      for block in blocks { state.picker.release(block, from: number) }
      state.idle.remove(number)
      return state.takeIdle()
    }
  }

  /// The peer is not to be asked for the block before the moment given; those that wait for something to ask for.
  func withhold(_ block: Block, from number: PeerNumber, until: Instant?) -> Set<PeerNumber> {
    state.withLock { state in
      state.picker.withhold(block, from: number, until: until)
      state.idle.remove(number)
      return state.takeIdle()
    }
  }

  /// A block has come that is not to be had, or was of no use.
  func count(wasted bytes: Int) { state.withLock { $0.wasted += Int64(bytes) } }
}
