import Metainfo
import NIOCore
import PeerProtocol

/// A plugin's part for one connection: made on its event loop, never leaves it, dropped after `onDisconnect`.
///
/// Every hook is synchronous and has a default. Values are validated before they arrive. What a hook does through its `PeerContext`
/// happens after the current event, so that no hook re-enters another. A throw closes this connection alone and names the plugin.
/// A hook that is late is charged to the plugin's budget of faults and time: it holds up all connections of its loop.
///
/// `on…` hooks are asked or told before the engine acts; `sent…` hooks are told when a message has been handed to the link.
public protocol PeerPlugin: AnyObject {
  /// Which of the hooks that run for each block this plugin listens to; `.all` where nothing else is said. Read once, when the connection's
  /// plugins are put together. A plugin is not called for those that it leaves out, whatever it answers there.
  var blockHooks: BlockHooks { get }

  /// Asked before our extended handshake goes out: keys to add to it. Message ids are the host's; see `Plugin.extendedMessages`.
  func addHandshake(_ additions: inout HandshakeAdditions) throws
  /// For a connection that we dialed: the link stands.
  func onConnected() throws
  /// Asked once the peer id and reserved bits are known.
  func onHandshake(_ handshake: PeerHandshake) throws -> Participation
  /// Asked at each extended handshake of the peer.
  func onExtensionHandshake(_ handshake: ExtendedHandshake) throws -> Participation

  func onChoke() throws -> Handling
  func onUnchoke() throws -> Handling
  func onInterested() throws -> Handling
  func onNotInterested() throws -> Handling
  func onHave(_ piece: Int) throws -> Handling
  /// BEP 54.
  func onDontHave(_ piece: Int) throws -> Handling
  func onBitfield(_ pieces: Bitfield) throws -> Handling
  /// BEP 6.
  func onHaveAll() throws -> Handling
  /// BEP 6.
  func onHaveNone() throws -> Handling
  /// BEP 6.
  func onAllowedFast(_ piece: Int) throws -> Handling
  /// BEP 6.
  func onSuggest(_ piece: Int) throws -> Handling
  /// BEP 6: the peer rejects a request of ours.
  func onReject(_ block: Block) throws -> Handling

  /// Asked for each valid request that the guards' grant allows.
  func onRequest(_ block: Block) throws -> RequestAnswer
  /// Asked for each block that we requested.
  func onPiece(_ block: Block, _ bytes: ByteBuffer) throws -> PieceAnswer
  /// Asked when the peer takes a request back. `.handled`: the block is sent anyway.
  func onCancel(_ block: Block) throws -> Handling
  /// Asked with whole messages under a name that this or another plugin declared, and under the size declared.
  func onExtended(_ name: String, _ payload: ByteBuffer) throws -> Handling
  /// Asked with whole messages of an id that the core does not know. Nobody handles it: the peer goes.
  func onUnknownMessage(_ id: UInt8, _ payload: ByteBuffer) throws -> Handling
  /// Asked before each request that we would send.
  func writeRequest(_ block: Block) throws -> WriteRequestAnswer
  /// Told that a piece to which this peer contributed passed.
  func onPiecePass(_ piece: Int) throws
  /// Told that a piece to which this peer contributed failed.
  func onPieceFailed(_ piece: Int) throws

  /// About once a second, from the injected clock.
  func tick(_ now: ContinuousClock.Instant) throws
  /// Asked before the engine disconnects a peer that did no wrong: `.handled` keeps it.
  func canDisconnect(_ cause: DisconnectCause) throws -> Handling
  /// The order in which peers are unchoked while slots are scarce: lower is sooner; nil: no opinion. The lowest of all plugins counts.
  func getUnchokePriority() throws -> Int?
  /// Told exactly once that the connection is gone, or that a reload has put the plugin's new self in this one's place. Nothing can be sent
  /// any more.
  func onDisconnect(_ reason: DisconnectReason)

  /// Told that a message of this kind was handed to the link.
  func sent(_ message: SentMessage)
  /// Told how many bytes of blocks the link has taken.
  func sentPayload(_ bytes: Int)
}

/// A message of ours that was handed to the link; libtorrent's `sent_*` hooks.
public enum SentMessage: Sendable, Hashable {
  case choke, unchoke, interested, notInterested
  case have(Int)
  case bitfield, haveAll, haveNone
  /// A block will not be sent. Told also of a peer without BEP 6, to which nothing goes out.
  case reject(Block)
  case allowedFast(Int)
  case suggest(Int)
  case request(Block)
  case cancel(Block)
  case piece(Block)
  case extended(String)
}

/// What the BitTorrent handshake of a peer says.
public struct PeerHandshake: Sendable, Hashable {
  /// The peer id: a claim, not a proof.
  public let peerID: PeerID
  /// The eight reserved bytes.
  public let reserved: ReservedBits
  /// The 20-byte info-hash that was used.
  public let infoHash: SHA1Digest

  package init(peerID: PeerID, reserved: ReservedBits, infoHash: SHA1Digest) {
    (self.peerID, self.reserved, self.infoHash) = (peerID, reserved, infoHash)
  }
}

/// Keys that plugins add to our extended handshake. The keys that the core writes (`m`, `v`, `reqq`, `p`, `yourip`, `upload_only`) cannot be changed.
public struct HandshakeAdditions: Sendable {
  /// The keys added so far, by all plugins.
  public private(set) var keys: [String: Bencode] = [:]
  private static let reserved: Set<String> = ["m", "v", "reqq", "p", "yourip", "upload_only"]

  package init() {}

  /// Adds a key. False where it is one of the core's, or another plugin was first.
  @discardableResult
  public mutating func add(_ key: String, _ value: Bencode) -> Bool {
    guard !Self.reserved.contains(key), keys[key] == nil else { return false }
    keys[key] = value
    return true
  }
}

extension SentMessage {
  /// The hook's name, by which it is counted.
  package var hook: Hook {
    switch self {
    case .choke: .sentChoke
    case .unchoke: .sentUnchoke
    case .interested: .sentInterested
    case .notInterested: .sentNotInterested
    case .have: .sentHave
    case .bitfield: .sentBitfield
    case .haveAll: .sentHaveAll
    case .haveNone: .sentHaveNone
    case .reject: .sentReject
    case .allowedFast: .sentAllowedFast
    case .suggest: .sentSuggest
    case .request: .sentRequest
    case .cancel: .sentCancel
    case .piece: .sentPiece
    case .extended: .sentExtended
    }
  }
}
