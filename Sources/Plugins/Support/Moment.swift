internal import PluginKit

/// A moment as operators write it (RFC 3339): `2027-01-31T18:00:00Z`, `2027-01-31T18:00+01:00`, or a day, `2027-01-31`, which lasts until
/// it ends in UTC.
struct Moment: Sendable, Hashable, CustomStringConvertible {
  /// The moment; a day's is its end.
  let time: WallTime

  init(_ time: WallTime) { self.time = time }

  /// The moment that the text names; nil for anything else.
  init?(_ text: String) {
    var reader = DigitReader(text)
    guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"), let day = reader.number(2),
      (1...12).contains(month), (1...CivilCalendar.days(in: month, of: year)).contains(day)
    else { return nil }
    let midnight = CivilCalendar.days(year: year, month: month, day: day) * 86_400
    if reader.isAtEnd {
      time = Self.wallTime(seconds: midnight + 86_400)
    } else {
      guard reader.skip("T") || reader.skip("t") || reader.skip(" "), let seconds = Self.timeOfDay(&reader),
        let offset = Self.offset(&reader),
        reader.isAtEnd
      else { return nil }
      time = Self.wallTime(seconds: midnight + seconds - offset)
    }
  }

  /// The moment that something begins: a day's is its first, in UTC. Nil for anything that is no moment.
  static func start(of text: String) -> WallTime? {
    // What is ten characters long is a day, and nothing else is.
    guard text.utf8.count == 10 else { return Moment(text)?.time }
    return Moment(text + "T00:00:00Z")?.time
  }

  /// `2027-01-31T18:00:00Z`.
  var description: String {
    let seconds = CivilCalendar.floorDivide(time.nanoseconds, 1_000_000_000).quotient
    let (day, second) = CivilCalendar.floorDivide(seconds, 86_400)
    let date = CivilCalendar.date(days: day)
    let time = [second / 3_600, second / 60 % 60, second % 60].map { Self.padded($0, 2) }.joined(separator: ":")
    return "\(Self.padded(date.year, 4))-\(Self.padded(date.month, 2))-\(Self.padded(date.day, 2))T\(time)Z"
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  private static func timeOfDay(_ reader: inout DigitReader) -> Int64? {
    guard let hour = reader.number(2), reader.skip(":"), let minute = reader.number(2), hour < 24, minute < 60 else { return nil }
    guard reader.skip(":") else { return hour * 3_600 + minute * 60 }
    guard let second = reader.number(2), second <= 60 else { return nil }
    // Fractions of a second are of no use to a policy; they are read and dropped.
    if reader.skip("."), reader.digits() == 0 { return nil }
    return hour * 3_600 + minute * 60 + second
  }

  private static func offset(_ reader: inout DigitReader) -> Int64? {
    if reader.skip("Z") || reader.skip("z") { return 0 }
    let sign: Int64 = reader.skip("+") ? 1 : -1
    guard sign == 1 || reader.skip("-"), let hours = reader.number(2), reader.skip(":"), let minutes = reader.number(2), hours < 24,
      minutes < 60
    else { return nil }
    return sign * (hours * 3_600 + minutes * 60)
  }

  /// Years beyond 2262 do not fit nanoseconds in 64 bits: they are as late as can be.
  private static func wallTime(seconds: Int64) -> WallTime {
    let (nanoseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return WallTime(nanoseconds: overflow ? (seconds < 0 ? .min : .max) : nanoseconds)
  }
}

/// Reads fixed runs of digits and single characters.
struct DigitReader {
  private var rest: Substring.UTF8View

  init(_ text: String) { rest = text[...].utf8 }

  var isAtEnd: Bool { rest.isEmpty }

  /// Exactly so many digits as a number, else nil.
  mutating func number(_ count: Int) -> Int64? {
    let digits = rest.prefix(count)
    guard digits.count == count, digits.allSatisfy(Self.isDigit) else { return nil }
    rest = rest.dropFirst(count)
    return digits.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
  }

  /// Drops digits and says how many they were.
  mutating func digits() -> Int {
    let count = rest.prefix(while: Self.isDigit).count
    rest = rest.dropFirst(count)
    return count
  }

  /// Drops this character where it is next.
  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard let first = rest.first, first == UInt8(truncatingIfNeeded: character.value) else { return false }
    rest = rest.dropFirst()
    return true
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
