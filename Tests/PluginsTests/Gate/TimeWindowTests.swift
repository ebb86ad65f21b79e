import Foundation
import PluginKit
import TestSupport
import Testing

@testable import Plugins

struct TimeWindowTests {
  private func window(_ settings: LiteralValue) throws -> TimeWindow {
    try LiteralSettings(settings).decode(TimeWindowSettings.self).compiled()
  }

  private func time(_ text: String) throws -> WallTime { try #require(Moment(text)).time }

  /// Whether it is open, and when that changes.
  private func state(_ window: TimeWindow, _ text: String) throws -> String {
    let (isOpen, until) = window.state(at: try time(text))
    return "\(isOpen ? "open" : "closed") until \(until.map { Moment($0).description } ?? "ever")"
  }

  @Test(arguments: [
    ("2026-11-23T08:59:59Z", "closed until 2026-11-23T09:00:00Z"), ("2026-11-23T09:00:00Z", "open until 2026-11-23T17:00:00Z"),
    ("2026-11-23T17:00:00Z", "closed until 2026-11-24T09:00:00Z"), ("2026-11-27T17:00:00Z", "closed until 2026-11-30T09:00:00Z"),
    ("2026-11-28T12:00:00Z", "closed until 2026-11-30T09:00:00Z"),
  ])
  func officeHoursOpenAndClose(now: String, expected: String) throws {
    let window = try window(["days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "to": "17:00"])
    #expect(try state(window, now) == expected)
  }

  @Test(arguments: [
    ("2026-11-27T21:59:59Z", "closed until 2026-11-27T22:00:00Z"), ("2026-11-27T22:00:00Z", "open until 2026-11-28T06:00:00Z"),
    ("2026-11-28T00:00:00Z", "open until 2026-11-28T06:00:00Z"), ("2026-11-28T05:59:59Z", "open until 2026-11-28T06:00:00Z"),
    ("2026-11-28T06:00:00Z", "closed until 2026-12-04T22:00:00Z"), ("2026-11-28T23:00:00Z", "closed until 2026-12-04T22:00:00Z"),
  ])
  func nightBelongsToTheDayOnWhichItBegins(now: String, expected: String) throws {
    #expect(try state(try window(["days": ["fri"], "from": "22:00", "to": "06:00"]), now) == expected)
  }

  /// On 2026-03-29 Berlin goes from 02:00 (+01:00) to 03:00 (+02:00); on 2026-10-25 from 03:00 (+02:00) back to 02:00 (+01:00).
  @Test(arguments: [
    ("2026-03-29T00:59:59Z", "closed until 2026-03-29T01:00:00Z"), ("2026-03-29T01:00:00Z", "open until 2026-03-29T03:00:00Z"),
    ("2026-03-28T02:00:00Z", "open until 2026-03-28T04:00:00Z"), ("2026-03-28T04:00:00Z", "closed until 2026-03-29T01:00:00Z"),
    ("2026-10-24T23:00:00Z", "closed until 2026-10-25T00:30:00Z"), ("2026-10-25T00:30:00Z", "open until 2026-10-25T01:00:00Z"),
    ("2026-10-25T01:00:00Z", "closed until 2026-10-25T01:30:00Z"), ("2026-10-25T01:30:00Z", "open until 2026-10-25T04:00:00Z"),
  ])
  func windowFollowsTheClockOnTheWallThroughItsChanges(now: String, expected: String) throws {
    #expect(try state(try window(["from": "02:30", "to": "05:00", "zone": "Europe/Berlin"]), now) == expected)
  }

  @Test func nightOfTheClocksChangeIsAnHourShorterOrLonger() throws {
    let window = try window(["from": "22:00", "to": "06:00", "zone": "Europe/Berlin"])
    #expect(try state(window, "2026-03-28T21:00:00Z") == "open until 2026-03-29T04:00:00Z")
    #expect(try state(window, "2026-10-24T20:00:00Z") == "open until 2026-10-25T05:00:00Z")
  }

  @Test func windowThatIsAlwaysOrNeverOpenDoesNotChange() throws {
    #expect(try state(try window([:]), "2026-11-23T12:00:00Z") == "open until ever")
    #expect(try state(try window(["zone": "Europe/Berlin"]), "2026-10-24T20:00:00Z") == "open until ever")
    #expect(try state(try window(["days": []]), "2026-11-23T12:00:00Z") == "closed until ever")
  }

  @Test(arguments: ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"])
  func stateChangesExactlyWhenItSays(zone: String) throws {
    let days: [LiteralValue] = ["mon", "sat", "sun"]
    for (from, to) in [("01:45", "02:15"), ("23:30", "03:10"), ("00:00", "24:00"), ("02:00", "00:00")] {
      let window = try window(["days": .list(days), "from": .text(from), "to": .text(to), "zone": .text(zone)])
      for start in ["2026-03-06T00:00:00Z", "2026-03-27T00:00:00Z", "2026-10-02T00:00:00Z", "2026-10-23T00:00:00Z", "2026-10-30T00:00:00Z"]
      {
        try check(window, from: try time(start).seconds, days: 4)
      }
    }
  }

  /// Compares what `state` announces with what each quarter of an hour and the seconds around each change show.
  private func check(_ window: TimeWindow, from start: Int64, days: Int64) throws {
    var second = start
    while second < start + days * 86_400 {
      let (isOpen, until) = window.state(at: WallTime(nanoseconds: second * 1_000_000_000))
      let end = min(until?.seconds ?? .max, start + days * 86_400)
      for inside in stride(from: second, to: end, by: 300) { #expect(window.contains(inside) == isOpen) }
      #expect(window.contains(end - 1) == isOpen)
      if let until { #expect(window.contains(until.seconds) != isOpen) }
      second = max(end, second + 1)
    }
  }

  @Test func askingAboutAnEarlierMomentGivesItsOwnAnswer() throws {
    let window = try window(["from": "09:00", "to": "17:00"])
    #expect(try state(window, "2026-11-23T12:00:00Z") == "open until 2026-11-23T17:00:00Z")
    #expect(try state(window, "2026-11-23T08:00:00Z") == "closed until 2026-11-23T09:00:00Z")
    #expect(try state(window, "2026-11-23T12:00:00Z") == "open until 2026-11-23T17:00:00Z")
  }

  @Test(
    arguments: [
      (["days": ["monday"]], "$.days[0]: when.days: 'monday' is none of mon, tue, wed, thu, fri, sat, sun"),
      (["from": "9:00"], "$.from: when: '9:00' is not a time of day such as 22:00"),
      (["to": "24:01"], "$.to: when: '24:01' is not a time of day such as 22:00"),
      (["from": "24:00", "to": "06:00"], "$.from: when: from and to must differ, and from is before 24:00"),
      (["from": "06:00", "to": "06:00"], "$.from: when: from and to must differ, and from is before 24:00"),
      (["zone": "Mars/Olympus"], "$.zone: when.zone: there is no time zone 'Mars/Olympus'; write one such as Europe/Berlin"),
    ] as [(LiteralValue, String)])
  func badSettingsAreNamed(settings: LiteralValue, message: String) {
    let problem = #expect(throws: SettingsProblem.self) { try window(settings) }
    #expect(problem?.description == message)
  }
}
