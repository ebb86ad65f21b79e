import COpenSSL

/// Bytes in memory as OpenSSL's PEM readers and writers take and give them.
final class MemoryBIO {
  let pointer: OpaquePointer

  /// An empty one.
  init() throws(OpenSSLError) {
    guard let pointer = BIO_new(BIO_s_mem()) else { throw .taken(after: "BIO_new") }
    self.pointer = pointer
  }

  /// One to read these bytes from.
  convenience init(_ bytes: [UInt8]) throws(OpenSSLError) {
    try self.init()
    guard let count = Int32(exactly: bytes.count) else { throw OpenSSLError(operation: "BIO_write", reasons: ["too large"]) }
    guard BIO_write(pointer, bytes, count) == count || bytes.isEmpty else { throw .taken(after: "BIO_write") }
  }

  deinit {
    BIO_free_all(pointer)
  }

  /// What was written and not read yet.
  func bytes() -> [UInt8] {
    let count = BIO_ctrl_pending(pointer)
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      let read = BIO_read(pointer, buffer.baseAddress, Int32(clamping: count))
      initialized = max(0, Int(read))
    }
  }
}
