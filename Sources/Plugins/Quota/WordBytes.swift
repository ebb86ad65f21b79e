/// Words as big-endian bytes, eight each, without a step for each byte: accounts are read and written for every few dozen blocks.
enum WordBytes {
  static func encode(_ words: [Int64]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: words.count * 8) { buffer, count in
      for (index, word) in words.enumerated() {
        withUnsafeBytes(of: word.bigEndian) { bytes in
          for (offset, byte) in bytes.enumerated() { buffer.initializeElement(at: index * 8 + offset, to: byte) }
        }
      }
      count = words.count * 8
    }
  }

  /// Nil where the bytes are not those of so many words.
  static func decode(_ bytes: [UInt8], count: Int) -> [Int64]? {
    guard bytes.count == count * 8 else { return nil }
    return bytes.withUnsafeBytes { buffer in
      (0..<count).map { Int64(bigEndian: buffer.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self)) }
    }
  }
}
