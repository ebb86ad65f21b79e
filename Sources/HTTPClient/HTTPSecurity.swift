package import OpenSSL

/// What `https` links are made with.
package struct HTTPSecurity: Sendable {
  /// Who is trusted, and what is shown. Asked for each connection, so that what is replaced is used from then on; throws where nobody can be
  /// trusted now.
  let context: @Sendable () throws -> TLSContext
  /// Seconds since 1970.
  let now: @Sendable () -> Int64

  package init(now: @escaping @Sendable () -> Int64, context: @escaping @Sendable () throws -> TLSContext) {
    (self.now, self.context) = (now, context)
  }
}
