import COpenSSL

/// What OpenSSL's error queue held after a call failed, as a value.
package struct OpenSSLError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The call that failed, as the manual names it.
  package let operation: String
  /// The queue's reasons, oldest first; may be empty, since not every failure leaves one.
  package let reasons: [String]

  /// The error of `operation` with these reasons.
  package init(operation: String, reasons: [String]) {
    (self.operation, self.reasons) = (operation, reasons)
  }

  /// Takes what this thread's error queue holds, and leaves it empty.
  package static func taken(after operation: String) -> OpenSSLError {
    var reasons: [String] = []
    while true {
      let code = ERR_get_error()
      if code == 0 { break }
      reasons.append(text(of: code))
    }
    return OpenSSLError(operation: operation, reasons: reasons)
  }

  package var description: String {
    reasons.isEmpty ? "\(operation) failed" : "\(operation) failed: \(reasons.joined(separator: "; "))"
  }

  private static func text(of code: UInt) -> String {
    // ERR_error_string_n always terminates what it writes, and asks for at least 120 bytes.
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      guard let base = buffer.baseAddress else { return "error \(code)" }
      ERR_error_string_n(code, base, buffer.count)
      return String(cString: base)
    }
  }
}
