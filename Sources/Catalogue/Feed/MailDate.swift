/// A date as mail and RSS write it (RFC 5322): `Mon, 23 Nov 2026 12:00:00 +0000`.
enum MailDate {
  /// `seconds` since 1970, taken as 0 ... the year 9999.
  static func text(_ seconds: Int64) -> String {
    let seconds = min(max(0, seconds), 253_402_300_799)
    let (days, rest) = (seconds / 86_400, seconds % 86_400)
    let (year, month, day) = date(days)
    let clock = [rest / 3600, rest / 60 % 60, rest % 60].map(twoDigits).joined(separator: ":")
    return "\(weekdays[Int(days % 7)]), \(twoDigits(day)) \(months[Int(month - 1)]) \(year) \(clock) +0000"
  }

  /// The civil date of a day since 1970, by the cycle of 400 years that begins on 1 March (Howard Hinnant, "chrono-Compatible Low-Level Date
  /// Algorithms").
  private static func date(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = day + 719_468
    let (era, ofEra) = (shifted / 146_097, shifted % 146_097)
    let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * ofYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  private static func twoDigits(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }

  // 1 January 1970 was a Thursday.
  private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}
