import OpenSSL

extension SHA1Digest {
  /// The digest of these bytes. In a loop, keep a `SHA1Hasher` instead.
  public static func hash(of bytes: [UInt8]) -> SHA1Digest {
    var hasher = SHA1Hasher()
    hasher.update(bytes)
    return hasher.finishDigest()
  }

  /// The digest of these bytes. In a loop, keep a `SHA1Hasher` instead.
  public static func hash(of bytes: ArraySlice<UInt8>) -> SHA1Digest {
    var hasher = SHA1Hasher()
    hasher.update(bytes)
    return hasher.finishDigest()
  }
}

extension SHA256Digest {
  /// The digest of these bytes. In a loop, keep a `SHA256Hasher` instead.
  public static func hash(of bytes: [UInt8]) -> SHA256Digest {
    var hasher = SHA256Hasher()
    hasher.update(bytes)
    return hasher.finishDigest()
  }

  /// The digest of these bytes. In a loop, keep a `SHA256Hasher` instead.
  public static func hash(of bytes: ArraySlice<UInt8>) -> SHA256Digest {
    var hasher = SHA256Hasher()
    hasher.update(bytes)
    return hasher.finishDigest()
  }
}

extension SHA1Hasher {
  /// The digest of all bytes taken, without an allocation; begins anew.
  package mutating func finishDigest() -> SHA1Digest {
    withUnsafeTemporaryAllocation(byteCount: SHA1Digest.byteCount, alignment: 8) { buffer in
      finish(into: buffer)
      // The buffer has a digest's 20 bytes; the fallback is never taken.
      return SHA1Digest(UnsafeRawBufferPointer(buffer)) ?? .zero
    }
  }
}

extension SHA256Hasher {
  /// The digest of all bytes taken, without an allocation; begins anew.
  package mutating func finishDigest() -> SHA256Digest {
    withUnsafeTemporaryAllocation(byteCount: SHA256Digest.byteCount, alignment: 8) { buffer in
      finish(into: buffer)
      // The buffer has a digest's 32 bytes; the fallback is never taken.
      return SHA256Digest(UnsafeRawBufferPointer(buffer)) ?? .zero
    }
  }

  /// Takes the 32 bytes of a digest, without an allocation.
  package mutating func update(_ digest: SHA256Digest) {
    digest.withUnsafeBytes { update($0) }
  }
}
