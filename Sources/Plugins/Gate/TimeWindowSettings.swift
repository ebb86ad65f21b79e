import Foundation
internal import PluginKit

/// `when` of a rule: hours, and what the peer may have had so far.
struct TimeWindowSettings: Decodable, Sendable {
  let days: [Placed<String>]?
  let from: Placed<String>?
  let to: Placed<String>?
  let zone: Placed<String>?
  let bytesBelow: Placed<AmountSettings>?
  let connectionsBelow: Placed<Int>?

  private enum CodingKeys: String, CodingKey {
    case days, from, to, zone
    case bytesBelow = "bytes-below"
    case connectionsBelow = "connections-below"
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    days = try container.decodeIfPresent([Placed<String>].self, forKey: .days)
    from = try container.decodeIfPresent(Placed<String>.self, forKey: .from)
    to = try container.decodeIfPresent(Placed<String>.self, forKey: .to)
    zone = try container.decodeIfPresent(Placed<String>.self, forKey: .zone)
    bytesBelow = try container.decodeIfPresent(Placed<AmountSettings>.self, forKey: .bytesBelow)
    connectionsBelow = try container.decodeIfPresent(Placed<Int>.self, forKey: .connectionsBelow)
  }

  /// Whether it says something of hours; an empty `when` is every hour.
  var isAboutHours: Bool { days != nil || from != nil || to != nil || zone != nil || (bytesBelow == nil && connectionsBelow == nil) }

  /// What the peer may have had.
  func compiledConditions() throws(SettingsProblem) -> GateConditions {
    var conditions = GateConditions()
    if let bytesBelow {
      do throws(SettingsProblem) {
        conditions.bytesBelow = try AmountText.size(bytesBelow.value.text)
      } catch {
        throw SettingsProblem("when.bytes-below: \(error.message)", place: bytesBelow.place)
      }
    }
    if let connectionsBelow {
      guard (1...10_000).contains(connectionsBelow.value) else {
        throw SettingsProblem(
          "when.connections-below: expected 1 to 10000, found \(connectionsBelow.value)", place: connectionsBelow.place)
      }
      conditions.connectionsBelow = connectionsBelow.value
    }
    return conditions
  }

  private static let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

  /// The window: every day, from 00:00 to 24:00, in UTC, where nothing else is said.
  func compiled() throws(SettingsProblem) -> TimeWindow {
    let start = try from.map(Self.time) ?? 0
    let end = try to.map(Self.time) ?? 86_400
    guard start != end, start < 86_400 else {
      throw SettingsProblem("when: from and to must differ, and from is before 24:00", place: (from ?? to)?.place)
    }
    return TimeWindow(days: try compiledDays(), from: start, to: end, zone: try compiledZone())
  }

  private func compiledDays() throws(SettingsProblem) -> Set<Int> {
    guard let days else { return Set(0..<7) }
    var numbers: Set<Int> = []
    for day in days {
      guard let number = Self.names.firstIndex(of: day.value.lowercased()) else {
        throw SettingsProblem("when.days: '\(day.value)' is none of \(Self.names.joined(separator: ", "))", place: day.place)
      }
      numbers.insert(number)
    }
    return numbers
  }

  private func compiledZone() throws(SettingsProblem) -> TimeZone {
    let name = zone?.value ?? "UTC"
    guard let found = TimeZone(identifier: name) else {
      throw SettingsProblem("when.zone: there is no time zone '\(name)'; write one such as Europe/Berlin", place: zone?.place)
    }
    return found
  }

  private static func time(_ text: Placed<String>) throws(SettingsProblem) -> Int64 {
    var reader = DigitReader(text.value)
    guard let hour = reader.number(2), reader.skip(":"), let minute = reader.number(2), reader.isAtEnd, minute < 60,
      hour < 24 || (hour == 24 && minute == 0)
    else { throw SettingsProblem("when: '\(text.value)' is not a time of day such as 22:00", place: text.place) }
    return hour * 3_600 + minute * 60
  }
}
