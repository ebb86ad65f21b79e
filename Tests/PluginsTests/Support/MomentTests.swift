import PluginKit
import Testing

@testable import Plugins

struct MomentTests {
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0), ("2026-11-23T12:00:00Z", 1_795_435_200), ("2026-11-23T12:00Z", 1_795_435_200),
    ("2026-11-23 13:00:00+01:00", 1_795_435_200), ("2026-11-23T08:30:00-03:30", 1_795_435_200), ("2026-11-23t12:00:00.999z", 1_795_435_200),
    ("2024-02-29T00:00:00Z", 1_709_164_800), ("2000-03-01T00:00:00Z", 951_868_800), ("1969-12-31T23:59:59Z", -1),
    ("2026-11-22", 1_795_392_000),
  ])
  func momentsAreRead(text: String, seconds: Int64) throws {
    #expect(try #require(Moment(text)).time == WallTime(nanoseconds: seconds * 1_000_000_000))
  }

  @Test(arguments: [
    "", "tomorrow", "2026", "2026-1-1", "2026-13-01", "2026-00-10", "2026-04-31", "2026-02-29", "2100-02-29", "2026-01-01T",
    "2026-01-01T12",
    "2026-01-01T12:00", "2026-01-01T24:00:00Z", "2026-01-01T12:60:00Z", "2026-01-01T12:00:00", "2026-01-01T12:00:00+1",
    "2026-01-01T12:00:00.Z",
    "2026-01-01T12:00:00Z!", "2026-01-01 ", "-026-01-01", "２026-01-01",
  ])
  func otherTextIsNoMoment(text: String) {
    #expect(Moment(text) == nil)
  }

  @Test(arguments: [
    "1970-01-01T00:00:00Z", "2026-11-23T12:34:56Z", "2024-02-29T23:59:59Z", "2024-12-31T00:00:00Z", "1969-12-31T23:59:59Z",
    "1900-03-01T00:00:00Z",
  ])
  func momentsAreWrittenAsTheyAreRead(text: String) throws {
    #expect(try #require(Moment(text)).description == text)
  }

  @Test func dayLastsUntilItsEnd() throws {
    #expect(try #require(Moment("2026-12-31")).description == "2027-01-01T00:00:00Z")
  }

  @Test func momentsBeyondTheClockAreAsLateAsCanBe() throws {
    #expect(try #require(Moment("9999-12-31")).time.nanoseconds == .max)
  }
}
