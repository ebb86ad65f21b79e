/// SHA-1 in steps. Owns one context, which it reuses: make one per thread and keep it, then a hash allocates nothing.
///
/// Availability of the algorithm is checked once by `DigestAlgorithm.checkAvailability()`; nothing here can fail after that.
// Sendable because it cannot be copied: whoever holds it is the only one who can reach the context.
package struct SHA1Hasher: ~Copyable, @unchecked Sendable {
  /// The number of bytes of a digest.
  package static let byteCount = 20

  private let context: DigestContext

  /// A hasher that has seen no bytes.
  package init() {
    context = DigestContext(DigestAlgorithm.sha1)
  }

  /// Takes more bytes.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    context.update(bytes)
  }

  /// Takes more bytes.
  package mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { context.update($0) }
  }

  /// Takes more bytes.
  package mutating func update(_ bytes: ArraySlice<UInt8>) {
    bytes.withUnsafeBytes { context.update($0) }
  }

  /// Writes the digest of all bytes taken to the first 20 bytes of `output`, which must have that room, and begins anew.
  package mutating func finish(into output: UnsafeMutableRawBufferPointer) {
    context.finish(into: output, byteCount: Self.byteCount)
  }

  /// The digest of all bytes taken; begins anew.
  package mutating func finish() -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
      context.finish(into: UnsafeMutableRawBufferPointer(buffer), byteCount: Self.byteCount)
      count = Self.byteCount
    }
  }

  /// Forgets the bytes taken.
  package mutating func reset() {
    context.reset()
  }

  /// The digest of these bytes. Makes a context of its own; in a loop, keep a hasher.
  package static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var hasher = SHA1Hasher()
    hasher.update(bytes)
    return hasher.finish()
  }
}
