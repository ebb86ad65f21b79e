/// What a bencoded value may cost. Each is checked before anything is allocated for what it bounds.
public struct BencodeLimits: Hashable, Sendable {
  /// The deepest nesting that any limit allows: what consumes a decoded value may be recursive.
  public static let deepest = 256

  /// Bytes of the source, at most 4 GiB.
  public var size: Int
  /// Levels of lists and dictionaries within each other; taken as at most `deepest`.
  public var depth: Int
  /// Values and keys.
  public var tokens: Int

  public init(size: Int, depth: Int, tokens: Int) {
    (self.size, self.depth, self.tokens) = (size, depth, tokens)
  }

  /// For torrents: 80 MB, 100 levels, 3 million tokens, which are libtorrent's.
  public static let torrent = BencodeLimits(size: 80_000_000, depth: 100, tokens: 3_000_000)
  /// For what arrives on the wire, extended messages and tracker replies: 2 MiB, 32 levels, 100,000 tokens.
  public static let message = BencodeLimits(size: 2 << 20, depth: 32, tokens: 100_000)
}

/// What is forgiven in a bencoded value. Everything else that is not canonical is refused.
public struct BencodeOptions: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// Dictionary keys in any order, as some trackers and clients send them. Keys that come twice are refused nevertheless.
  public static let allowsUnsortedKeys = BencodeOptions(rawValue: 1)
}
