import DequeModule
import Metainfo
import NIOCore
import PluginKit

/// What the connections and disk jobs of a fetch share, under its lock. All of it is short work on values.
struct FetchState: Sendable {
  typealias Instant = ContinuousClock.Instant

  /// A peer that we ask. It is remembered for a while after its end: a piece that it gave some of may yet fail.
  struct Member: Sendable {
    /// Nil for a web seed, and for an operator that sends data.
    let address: PeerAddress?
    let principal: String
    var isHere = true
    var isServing = false
  }

  /// Work for the disk, in the order in which blocks came.
  enum Job: Sendable {
    case write(Block, ByteBuffer)
    /// Every block of the piece was given to be written before.
    case check(Int)
  }

  /// Why nothing can be written for now.
  struct Trouble: Sendable {
    let text: String
    var retry: Instant
    var delay: Duration
  }

  var picker: PiecePicker
  var judge: PieceJudge
  var members: [PeerNumber: Member] = [:]
  /// Operators that send data, by name.
  var uploaders: [String: PeerNumber] = [:]
  private var former: Deque<PeerNumber> = []
  /// Connections that could ask for more and found nothing to ask for.
  var idle: Set<PeerNumber> = []
  /// Those that gave what is wrong.
  var refused: [String: String] = [:]

  var jobs: Deque<Job> = []
  /// Bytes that wait to be written.
  var queuedBytes = 0
  var isDraining = false
  /// Pieces that are being hashed.
  var checking = 0
  /// Pieces that are right, and not forced to disk yet.
  var uncommitted: [Int] = []
  var isCommitting = false
  var trouble: Trouble?
  /// How long was waited before what is being tried again.
  var formerDelay: Duration?
  var stage = FetchSnapshot.Stage.fetching

  /// When a peer, no web seed, last gave something of use.
  var lastFromPeers: Instant?

  var downloaded: Int64 = 0
  var wasted: Int64 = 0
  var failedPieces = 0

  init(picker: PiecePicker, judge: PieceJudge) {
    (self.picker, self.judge) = (picker, judge)
  }

  /// Peers that are remembered after their end.
  private static let mostFormer = 1_024
  /// More than this that waits for the disk: nobody is asked for more.
  static let mostQueued = 64 << 20

  /// Whether blocks are to be asked for.
  var mayAsk: Bool { stage == .fetching && trouble == nil && queuedBytes < Self.mostQueued }

  mutating func join(_ number: PeerNumber, _ member: Member) {
    members[number] = member
    picker.join(number)
  }

  mutating func leave(_ number: PeerNumber) {
    guard members[number]?.isHere == true else { return }
    members[number]?.isHere = false
    members[number]?.isServing = false
    picker.leave(number)
    judge.leave(number)
    idle.remove(number)
    former.append(number)
    while former.count > Self.mostFormer, let oldest = former.popFirst() {
      // It may have come back.
      if members[oldest]?.isHere == false { members[oldest] = nil }
    }
  }

  /// Those that wait for something to ask for, once.
  mutating func takeIdle() -> Set<PeerNumber> {
    defer { idle = [] }
    return idle
  }

  /// Whether all is there and nothing is under way: it can be put into its place.
  var isReadyToFinish: Bool {
    stage == .fetching && picker.isComplete && jobs.isEmpty && !isDraining && checking == 0 && !isCommitting && trouble == nil
  }

  /// The disk does not take what it is given. Tried again after a while, which grows.
  mutating func meet(_ text: String, now: Instant) {
    let delay = (trouble?.delay ?? formerDelay).map { min($0 * 2, .seconds(30)) } ?? .seconds(1)
    trouble = Trouble(text: text, retry: now + delay, delay: delay)
  }
}
