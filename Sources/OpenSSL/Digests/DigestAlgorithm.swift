import COpenSSL

/// A digest algorithm of the system's provider, fetched once for the process: `EVP_sha1()` and its like would be looked up anew
/// by every initialisation, which costs more than hashing a small message.
package struct DigestAlgorithm: ~Copyable, Sendable {
  // EVP_MD is reference-counted, immutable once fetched, and documented as safe to share between threads.
  nonisolated(unsafe) fileprivate let method: OpaquePointer
  /// The digest's length in bytes.
  package let byteCount: Int

  private init(fetching name: String) throws(OpenSSLError) {
    guard let method = EVP_MD_fetch(nil, name, nil) else { throw .taken(after: "EVP_MD_fetch(\(name))") }
    self.method = method
    byteCount = Int(EVP_MD_get_size(method))
  }

  deinit {
    EVP_MD_free(method)
  }

  /// Whether the system's OpenSSL offers the digests that BitTorrent needs; a policy (FIPS, `openssl.cnf`) may take them away.
  /// To be called once at start, so that hashing itself has no failure left that a caller could act on.
  package static func checkAvailability() throws(OpenSSLError) {
    _ = try DigestAlgorithm(fetching: "SHA1")
    _ = try DigestAlgorithm(fetching: "SHA256")
  }

  static let sha1 = required("SHA1")
  static let sha256 = required("SHA256")

  private static func required(_ name: String) -> DigestAlgorithm {
    do {
      return try DigestAlgorithm(fetching: name)
    } catch {
      fatalError("This system's OpenSSL offers no \(name), which BitTorrent cannot do without: \(error)")
    }
  }
}

/// An owned `EVP_MD_CTX`, always ready to take bytes. What SHA1Hasher and SHA256Hasher share.
struct DigestContext: ~Copyable {
  private let context: OpaquePointer

  init(_ algorithm: borrowing DigestAlgorithm) {
    guard let context = EVP_MD_CTX_new() else { fatalError("Out of memory for a digest context") }
    self.context = context
    // Fails only without memory: the algorithm was fetched.
    guard EVP_DigestInit_ex2(context, algorithm.method, nil) == 1 else { Self.failed("EVP_DigestInit_ex2") }
  }

  deinit {
    EVP_MD_CTX_free(context)
  }

  func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return }
    guard EVP_DigestUpdate(context, base, bytes.count) == 1 else { Self.failed("EVP_DigestUpdate") }
  }

  /// Begins anew. Passing no method keeps the one in place and allocates nothing.
  func reset() {
    guard EVP_DigestInit_ex2(context, nil, nil) == 1 else { Self.failed("EVP_DigestInit_ex2") }
  }

  /// Writes the digest and begins anew.
  func finish(into output: UnsafeMutableRawBufferPointer, byteCount: Int) {
    precondition(output.count >= byteCount, "A digest needs \(byteCount) bytes of room")
    guard EVP_DigestFinal_ex(context, output.baseAddress?.assumingMemoryBound(to: UInt8.self), nil) == 1 else {
      Self.failed("EVP_DigestFinal_ex")
    }
    reset()
  }

  // The plain digests of the default provider have no failing step once they are initialised; no input leads here.
  private static func failed(_ operation: String) -> Never {
    fatalError("\(OpenSSLError.taken(after: operation))")
  }
}
