import Metainfo
import NIOCore
import PeerProtocol

/// Reads what we send as a peer would, and finds fault with it.
struct SentCheck {
  private let artifact: FuzzArtifact
  /// Whether we want something of the peer.
  private let mayAsk: Bool
  private var bytes = ByteBuffer()
  private var handshake = HandshakeDecoder()
  private var hasHandshake = false
  private var decoder: PeerMessageDecoder
  /// Bytes of blocks so far.
  private(set) var payload = 0

  init(_ artifact: FuzzArtifact, mayAsk: Bool) {
    (self.artifact, self.mayAsk) = (artifact, mayAsk)
    decoder = PeerMessageDecoder(limits: MessageLimits(pieceCount: artifact.layout.pieceCount, hashes: 1 << 20))
  }

  /// Takes more of what was sent; what is wrong with it, else nil.
  mutating func fault(in sent: ByteBuffer, isAllowed: (Block) -> Bool) -> String? {
    bytes.writeImmutableBuffer(sent)
    do {
      if !hasHandshake { try readHandshake() }
      while hasHandshake, let message = try decoder.next(&bytes) {
        if let fault = fault(in: message, isAllowed) { return fault }
      }
    } catch {
      return "we send what no peer can read: \(error)"
    }
    bytes.discardReadBytes()
    return nil
  }

  private mutating func readHandshake() throws {
    while !hasHandshake, let progress = try handshake.next(&bytes) {
      if case .complete = progress { hasHandshake = true }
    }
  }

  private mutating func fault(in message: PeerMessage, _ isAllowed: (Block) -> Bool) -> String? {
    switch message {
    case .piece(let data):
      payload += data.bytes.readableBytes
      guard isAllowed(data.block) else { return "\(data.block) is not granted and was sent" }
      guard let expected = artifact.bytes(of: data.block), data.bytes == ByteBuffer(bytes: expected) else {
        return "\(data.block) was sent with bytes that are not its own"
      }
    case .bitfield(let bits):
      guard Bitfield(count: artifact.layout.pieceCount, bytes: bits.readableBytesView) != nil else { return "a bitfield of a wrong length" }
    case .have(let piece):
      guard Int(piece) < artifact.layout.pieceCount else { return "a have of a piece that there is not" }
    case .request(let block):
      guard mayAsk else { return "a seed sends no request" }
      guard artifact.layout.contains(block) else { return "\(block) is asked for, which is none" }
    case .unknown: return "we send no \(message)"
    default: break
    }
    return nil
  }
}
