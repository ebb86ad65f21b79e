import Metainfo
import NIOCore

/// BEP 10's handshake: what extended messages its sender understands, under which numbers, and what else it says about itself.
public struct ExtendedHandshake: Hashable, Sendable {
  /// For each extended message by name, the number under which the sender wants to receive it, 1 to 255; 0 turns it off.
  public var messages: [String: UInt8] = [:]
  /// `metadata_size`: bytes of the info dictionary (BEP 9), at least 1.
  public var metadataSize: Int?
  /// `reqq`: how many requests the sender holds without dropping any, at least 1.
  public var requestQueue: Int?
  /// `v`: the client's name and version. Text that came from a peer: escape it before it is shown.
  public var clientVersion: String?
  /// `p`: the TCP port on which the sender listens.
  public var listenPort: UInt16?
  /// `yourip`: the receiver's address as the sender sees it, 4 or 16 bytes.
  public var yourIP: [UInt8]?
  /// `upload_only`: whether the sender wants nothing more (BEP 21).
  public var uploadOnly: Bool?
  /// `complete_ago`: seconds since the sender last saw a complete copy; libtorrent's.
  public var completeAgo: Int?
  /// All other keys.
  public var extra: [String: Bencode] = [:]

  /// An extended handshake that says nothing.
  public init() {}

  /// Whether it says nothing at all.
  public var isEmpty: Bool { self == ExtendedHandshake() }

  /// What holds after a later handshake of the same peer: names in `m` are added, those set to 0 go (BEP 10); a key that it has replaces
  /// ours; other keys are kept or replaced together, so that a peer cannot pile them up.
  public func updated(by later: ExtendedHandshake) -> ExtendedHandshake {
    var result = self
    result.messages.merge(later.messages) { $1 }
    result.messages = result.messages.filter { $0.value != 0 }
    result.metadataSize = later.metadataSize ?? metadataSize
    result.requestQueue = later.requestQueue ?? requestQueue
    result.clientVersion = later.clientVersion ?? clientVersion
    result.listenPort = later.listenPort ?? listenPort
    result.yourIP = later.yourIP ?? yourIP
    result.uploadOnly = later.uploadOnly ?? uploadOnly
    result.completeAgo = later.completeAgo ?? completeAgo
    result.extra = later.extra.isEmpty ? extra : later.extra
    return result
  }

  /// The bencoded dictionary. Keys of `extra` that have a property here are left out.
  public func encoded() -> [UInt8] {
    var entries: [[UInt8]: Bencode] = [:]
    for (key, value) in extra where Key(rawValue: key) == nil { entries[Array(key.utf8)] = value }
    for (key, value) in known { entries[Array(key.rawValue.utf8)] = value }
    return Bencode.dictionary(entries).encoded()
  }

  private var known: [Key: Bencode] {
    let names = messages.map { (Array($0.key.utf8), Bencode.integer(Int64($0.value))) }
    let entries: [Key: Bencode?] = [
      .messages: .dictionary(Dictionary(names) { $1 }),
      .metadataSize: metadataSize.map { .integer(Int64($0)) },
      .requestQueue: requestQueue.map { .integer(Int64($0)) },
      .clientVersion: clientVersion.map(Bencode.string),
      .listenPort: listenPort.map { .integer(Int64($0)) },
      .yourIP: yourIP.map(Bencode.bytes),
      .uploadOnly: uploadOnly.map { .integer($0 ? 1 : 0) },
      .completeAgo: completeAgo.map { .integer(Int64($0)) },
    ]
    return entries.compactMapValues { $0 }
  }

  /// The keys that have a property.
  enum Key: String, CaseIterable {
    case messages = "m"
    case metadataSize = "metadata_size"
    case requestQueue = "reqq"
    case clientVersion = "v"
    case listenPort = "p"
    case yourIP = "yourip"
    case uploadOnly = "upload_only"
    case completeAgo = "complete_ago"
  }
}
