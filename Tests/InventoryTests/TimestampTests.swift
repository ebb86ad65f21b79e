import Testing

@testable import Inventory

struct TimestampTests {
  @Test func `Times are told in UTC to the millisecond`() {
    #expect(Timestamp(nanoseconds: 1_795_365_600_250_000_000).iso8601 == "2026-11-22T16:40:00.250Z")
    #expect(Timestamp(nanoseconds: 1_795_365_600_999_500_000).iso8601 == "2026-11-22T16:40:01.000Z")
    #expect(Timestamp(nanoseconds: -1_000_000).iso8601 == "1969-12-31T23:59:59.999Z")
    #expect(Timestamp(nanoseconds: .max).iso8601 == "2262-04-11T23:47:16.855Z")
    #expect(Timestamp(seconds: 0).iso8601 == "1970-01-01T00:00:00.000Z")
  }

  @Test func `Arithmetic is exact to the nanosecond and clamped at the ends`() {
    #expect(Timestamp.noon.advanced(by: .nanoseconds(1)).nanoseconds == Timestamp.noon.nanoseconds + 1)
    #expect(Timestamp.noon.advanced(by: .milliseconds(-1500)).nanoseconds == Timestamp.noon.nanoseconds - 1_500_000_000)
    #expect(Timestamp(seconds: .max).nanoseconds == .max)
    #expect(Timestamp(seconds: .min).advanced(by: .seconds(-1)).nanoseconds == .min)
    #expect(Timestamp.noon.advanced(by: .seconds(Int64.max)).nanoseconds == .max)
    #expect(Timestamp.noon < Timestamp.noon(plus: 1))
  }

  @Test func `The wall clock is within this century`() {
    #expect(Timestamp.now() > Timestamp(seconds: 1_700_000_000) && Timestamp.now() < Timestamp(seconds: 4_102_444_800))
  }
}
