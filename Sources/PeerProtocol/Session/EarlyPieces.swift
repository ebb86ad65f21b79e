import Metainfo

/// What a peer has said of its pieces before we know how many there are.
struct EarlyPieces: Hashable, Sendable {
  /// It has said `have all`; the bits are then the pieces that it has lost since.
  private var hasAll = false
  /// One bit a piece, as in `bitfield`; as long as the highest piece spoken of.
  private var bits: [UInt8] = []
  /// The length of its `bitfield` in bytes.
  private var bitfieldLength: Int?

  /// Whether the peer has every piece, however many there are.
  var isSeed: Bool { hasAll && bits.allSatisfy { $0 == 0 } }

  mutating func setAll() { (hasAll, bits) = (true, []) }

  mutating func setBitfield(_ bytes: [UInt8]) { (bits, bitfieldLength) = (bytes, bytes.count) }

  /// Adds or removes a piece; false where that changes nothing. The caller has checked that the index is below its limit.
  mutating func set(_ piece: Int, _ isThere: Bool) -> Bool {
    guard contains(piece) != isThere else { return false }
    if bits.count <= piece >> 3 { bits += [UInt8](repeating: 0, count: (piece >> 3) + 1 - bits.count) }
    bits[piece >> 3] ^= 0x80 >> UInt8(piece & 7)
    return true
  }

  private func contains(_ piece: Int) -> Bool {
    let bit = piece >> 3 < bits.count && bits[piece >> 3] & (0x80 >> UInt8(piece & 7)) != 0
    return bit != hasAll
  }

  /// The same as a bitfield of a torrent of `count` pieces; nil where it does not fit: a bitfield of another length, or a piece that there
  /// is not.
  func bitfield(count: Int) -> Bitfield? {
    let length = (count + 7) / 8
    guard bitfieldLength == nil || bitfieldLength == length, bits.count <= length,
      let spoken = Bitfield(count: count, bytes: bits + [UInt8](repeating: 0, count: length - bits.count))
    else { return nil }
    guard hasAll else { return spoken }
    var pieces = Bitfield(count: count, filled: true)
    for lost in spoken.pieces { pieces[lost] = false }
    return pieces
  }
}
