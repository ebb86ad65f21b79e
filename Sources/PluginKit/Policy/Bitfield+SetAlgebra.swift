import Metainfo

extension Bitfield {
  /// What is in either set. Both must be of the same count; what the other has beyond it is left out.
  package func united(with other: Bitfield) -> Bitfield { combined(other) { $0 | $1 } }

  /// What is in this set and not in the other.
  package func without(_ other: Bitfield) -> Bitfield { combined(other) { $0 & ~$1 } }

  private func combined(_ other: Bitfield, _ combine: (UInt8, UInt8) -> UInt8) -> Bitfield {
    var bytes = bytes
    for index in bytes.indices {
      bytes[index] = combine(bytes[index], index < other.bytes.count ? other.bytes[index] : 0)
    }
    // The other's spare bits are zero wherever the counts agree, so this fails only where they do not; then nothing is added.
    return Bitfield(count: count, bytes: bytes) ?? self
  }
}
