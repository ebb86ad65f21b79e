import Inventory

/// Times of certificates and revocation lists, in seconds since 1970.
enum Validity {
  /// ISO 8601.
  static func text(_ seconds: Int64) -> String { Timestamp(seconds: seconds).iso8601 }

  /// Whole days until then; negative where that is past.
  static func days(from now: Int64, to end: Int64) -> Int64 {
    let seconds = end.subtractingReportingOverflow(now)
    guard !seconds.overflow else { return end > now ? .max : .min }
    return Int64((Double(seconds.partialValue) / 86_400).rounded(.down))
  }
}
