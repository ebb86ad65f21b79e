import COpenSSL

/// An object that OpenSSL gave us to own: given back when the last reference to this goes, unless it was handed on before.
///
/// To be held in a `let` of the scope that uses the pointer: the lifetime of such a name lasts beyond the calls made with it, that of a
/// value made on the spot does not.
final class OwnedObject<Pointer> {
  let pointer: Pointer
  private let release: (Pointer?) -> Void
  private var isOurs = true

  /// Takes what a call of OpenSSL returned.
  /// - Throws: the error queue, where it returned nothing.
  init(_ pointer: Pointer?, from operation: String, release: @escaping (Pointer?) -> Void) throws(OpenSSLError) {
    guard let pointer else { throw .taken(after: operation) }
    (self.pointer, self.release) = (pointer, release)
  }

  deinit {
    if isOurs { release(pointer) }
  }

  /// Says that another object of OpenSSL owns it now.
  func wasHandedOn() { isOurs = false }
}

/// Throws the error queue unless the call succeeded, which for this family of calls is any positive result.
func check(_ result: Int32, _ operation: String) throws(OpenSSLError) {
  guard result > 0 else { throw .taken(after: operation) }
}
