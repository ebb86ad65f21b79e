import COpenSSL

/// Where a session's ciphertext goes. Called while the session works, with bytes that are gone after the call.
package protocol TLSOutput: AnyObject {
  func take(_ bytes: UnsafeRawBufferPointer)
}

/// A session's link to the world: it reads what the caller lends for the time of a call, and writes to the caller's output. OpenSSL's own
/// memory BIO would keep what it once had to hold.
final class TLSTransport {
  /// Read from while a call of `TLSSession.lend` lasts; empty outside of it.
  var input = UnsafeRawBufferPointer(start: nil, count: 0)
  /// Written to; what is written while there is none is lost.
  weak var output: (any TLSOutput)?

  /// A BIO that holds a reference to this, and lets go of it when it is freed.
  func makeBIO() -> OpaquePointer? {
    guard let method = Self.method, let bio = BIO_new(method) else { return nil }
    BIO_set_data(bio, Unmanaged.passRetained(self).toOpaque())
    BIO_set_init(bio, 1)
    return bio
  }

  // Made once, and never changed or freed.
  nonisolated(unsafe) private static let method: OpaquePointer? = {
    guard let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "lent") else { return nil }
    BIO_meth_set_read_ex(method) { bio, bytes, count, read in TLSTransport.of(bio)?.read(bio, bytes, count, read) ?? 0 }
    BIO_meth_set_write_ex(method) { bio, bytes, count, written in TLSTransport.of(bio)?.write(bio, bytes, count, written) ?? 0 }
    BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
    BIO_meth_set_destroy(method) { bio in
      guard let data = BIO_get_data(bio) else { return 1 }
      BIO_set_data(bio, nil)
      Unmanaged<TLSTransport>.fromOpaque(data).release()
      return 1
    }
    return method
  }()

  private static func of(_ bio: OpaquePointer?) -> TLSTransport? {
    BIO_get_data(bio).map { Unmanaged<TLSTransport>.fromOpaque($0).takeUnretainedValue() }
  }

  private func read(
    _ bio: OpaquePointer?, _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ read: UnsafeMutablePointer<Int>?
  ) -> Int32 {
    granary_bio_clear_retry(bio)
    let given = min(count, input.count)
    guard given > 0, let source = input.baseAddress, let bytes else {
      granary_bio_set_retry_read(bio)
      return 0
    }
    UnsafeMutableRawPointer(bytes).copyMemory(from: source, byteCount: given)
    input = UnsafeRawBufferPointer(rebasing: input[given...])
    read?.pointee = given
    return 1
  }

  private func write(_ bio: OpaquePointer?, _ bytes: UnsafePointer<CChar>?, _ count: Int, _ written: UnsafeMutablePointer<Int>?) -> Int32 {
    granary_bio_clear_retry(bio)
    output?.take(UnsafeRawBufferPointer(start: bytes, count: count))
    written?.pointee = count
    return 1
  }
}
