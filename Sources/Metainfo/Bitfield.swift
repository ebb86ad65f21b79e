/// A set of pieces as the `bitfield` message carries it: the high bit of the first byte is piece 0 (BEP 3).
public struct Bitfield: Hashable, Sendable {
  /// The number of pieces of the torrent; bits beyond it are always zero.
  public let count: Int
  /// The wire form, `(count + 7) / 8` bytes.
  public private(set) var bytes: [UInt8]

  /// A bitfield of `count` pieces, all set or none. A negative count is taken as 0.
  public init(count: Int, filled: Bool = false) {
    self.count = max(0, count)
    bytes = [UInt8](repeating: filled ? 0xFF : 0, count: (self.count + 7) / 8)
    if filled { clearSpareBits() }
  }

  /// The wire form of a bitfield of `count` pieces; nil where the length is wrong or a spare bit is set.
  public init?(count: Int, bytes: some Collection<UInt8>) {
    guard count >= 0, bytes.count == (count + 7) / 8 else { return nil }
    self.count = count
    self.bytes = Array(bytes)
    if let last = self.bytes.last, last & Self.spareMask(count) != 0 { return nil }
  }

  /// Whether a piece is in the set. Reading beyond `count` gives false, writing there does nothing.
  public subscript(piece: Int) -> Bool {
    get {
      guard piece >= 0, piece < count else { return false }
      return bytes[piece >> 3] & (0x80 >> UInt8(piece & 7)) != 0
    }
    set {
      guard piece >= 0, piece < count else { return }
      let bit: UInt8 = 0x80 >> UInt8(piece & 7)
      if newValue { bytes[piece >> 3] |= bit } else { bytes[piece >> 3] &= ~bit }
    }
  }

  /// How many pieces are in the set.
  public var population: Int { bytes.reduce(0) { $0 + $1.nonzeroBitCount } }
  /// Whether every piece is in the set.
  public var isFull: Bool {
    guard let last = bytes.last else { return true }
    return last == ~Self.spareMask(count) && bytes.dropLast().allSatisfy { $0 == 0xFF }
  }
  /// Whether no piece is in the set.
  public var isEmpty: Bool { bytes.allSatisfy { $0 == 0 } }

  /// The pieces that are in both sets; the other one's missing pieces count as absent.
  public func intersection(_ other: Bitfield) -> Bitfield {
    var result = self
    for index in result.bytes.indices {
      result.bytes[index] &= index < other.bytes.count ? other.bytes[index] : 0
    }
    return result
  }

  /// The indices of the pieces in the set, ascending.
  public var pieces: some Sequence<Int> { (0..<count).lazy.filter { self[$0] } }

  private mutating func clearSpareBits() {
    guard let last = bytes.indices.last else { return }
    bytes[last] &= ~Self.spareMask(count)
  }

  private static func spareMask(_ count: Int) -> UInt8 {
    count.isMultiple(of: 8) ? 0 : UInt8(0xFF) >> UInt8(count & 7)
  }
}
