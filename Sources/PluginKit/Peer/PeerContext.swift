import Metainfo
import NIOCore

/// What a peer plugin may know of its connection and do to it. Lives on the connection's event loop.
///
/// Acts run after the current event, in the order in which they were asked for.
public final class PeerContext {
  /// The artifact that the connection is about.
  public let artifact: ArtifactFacts
  /// The artifact's info dictionary, exact bytes (BEP 3): what ut_metadata hands out.
  public let infoBytes: [UInt8]
  /// What is known of the peer.
  public package(set) var facts: PeerFacts
  /// What the guards allow on this connection.
  public package(set) var grant: Grant
  /// The peer's pieces, as far as it told.
  public package(set) var peerPieces: Bitfield
  /// Whether we choke the peer.
  public package(set) var isChoked = true
  /// Whether the peer is interested in us.
  public package(set) var isInterested = false
  /// Whether both sides speak BEP 6.
  public package(set) var supportsFast = false
  /// Whether both sides speak BEP 10.
  public package(set) var supportsExtensions = false
  /// The names that the peer's last extended handshake announced, with the peer's ids.
  public package(set) var peerMessages: [String: UInt8] = [:]
  /// Bytes of blocks that the link has taken.
  public package(set) var uploaded: Int64 = 0
  /// When the peer was authorized, by the engine's clock. A reload's handlers find it as it was.
  public let began: ContinuousClock.Instant
  /// The engine's clock, at the current event.
  public package(set) var now: ContinuousClock.Instant
  /// A handle for other threads.
  public let handle: PeerHandle

  package var acts: [PeerAct] = []
  /// Where it is written whose hook runs now: acts that end the connection are that plugin's.
  package let lane: HookLane
  /// Whether an event of this connection is being handled: acts run at its end, and nobody need be woken.
  package var isInEvent = false
  package private(set) var isOpen = true

  package init(
    artifact: ArtifactFacts, infoBytes: [UInt8], facts: PeerFacts, grant: Grant, now: ContinuousClock.Instant, handle: PeerHandle,
    peerPieces: Bitfield? = nil, lane: HookLane = HookLane()
  ) {
    self.lane = lane
    (self.artifact, self.infoBytes, self.facts, self.grant) = (artifact, infoBytes, facts, grant)
    (self.now, began, self.handle) = (now, now, handle)
    self.peerPieces = peerPieces ?? Bitfield(count: artifact.layout.pieceCount)
  }

  /// Whether the peer announced this name in its extended handshake, so that `send(extended:)` can reach it.
  public func understands(_ name: String) -> Bool { peerMessages[name] != nil }

  /// Sends an extended message (BEP 10) by name. Dropped where the peer did not announce the name.
  public func send(extended name: String, _ payload: ByteBuffer) { append(.extended(name, payload)) }
  /// Sends a block in place of ours, as `onRequest` with `.handled` promised. It passes the grant like any other.
  public func send(piece block: Block, _ bytes: ByteBuffer) { append(.piece(block, bytes)) }
  /// Rejects a request (BEP 6; silence where the peer does not speak it).
  public func reject(_ block: Block) { append(.reject(block)) }
  /// Chokes the peer and keeps it choked until `unchoke()`.
  public func choke() { append(.choke) }
  /// Lets the engine's choker decide again.
  public func unchoke() { append(.unchoke) }
  /// Suggests a piece (BEP 6). Dropped where the grant does not show it.
  public func suggest(_ piece: Int) { append(.suggest(piece)) }
  /// Lets the peer ask for a piece while choked (BEP 6). Dropped where the grant does not show it.
  public func allowFast(_ piece: Int) { append(.allowFast(piece)) }
  /// Closes the connection, for a reason that goes to the journal and not to the wire.
  public func close(_ reason: String) { append(.close(reason, plugin: lane.running?.plugin)) }

  /// Has the guards asked about this connection again: what they look at has changed.
  public func judgeAgain() { append(.judge) }

  /// Whether the grant covers the block. Asked for each request: only the scope is read, the grant is not copied.
  package func mayHave(_ block: Block) -> Bool {
    switch grant.scope {
    case nil: false
    case .everything: true
    case .part(let part): part.contains(block, in: artifact.layout)
    }
  }

  package func end() {
    isOpen = false
    acts.removeAll()
  }

  private func append(_ act: PeerAct) {
    guard isOpen, !lane.isInShadow else { return }
    acts.append(act)
    if acts.count == 1, !isInEvent { handle.wake() }
  }
}

@available(*, unavailable)
extension PeerContext: Sendable {}

/// An act that a plugin asked for.
package enum PeerAct: Sendable {
  case extended(String, ByteBuffer)
  case piece(Block, ByteBuffer)
  case reject(Block)
  case choke
  case unchoke
  case suggest(Int)
  case allowFast(Int)
  case judge
  case close(String, plugin: String?)
}

/// A way to a connection from other threads. Holding it does not keep the connection open.
public struct PeerHandle: Sendable {
  private let loop: any EventLoop
  private let visit: @Sendable (@escaping @Sendable (PeerContext) -> Void) -> Void
  private let flush: @Sendable () -> Void

  package init(
    loop: any EventLoop, visit: @escaping @Sendable (@escaping @Sendable (PeerContext) -> Void) -> Void,
    flush: @escaping @Sendable () -> Void
  ) {
    (self.loop, self.visit, self.flush) = (loop, visit, flush)
  }

  /// Runs the closure on the connection's loop with its context; not at all where the connection is gone.
  public func execute(_ body: @escaping @Sendable (PeerContext) -> Void) {
    let visit = visit
    loop.execute { visit(body) }
  }

  /// Asks the connection to run pending acts after the current event.
  func wake() { flush() }
}
