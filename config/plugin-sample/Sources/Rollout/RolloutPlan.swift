import Foundation
import PluginKit

/// When how many of the machines may have an artifact.
struct RolloutPlan: Sendable {
  /// From a moment on, so many percent of the machines.
  struct Stage: Sendable {
    let from: WallTime
    let percent: Int
    let place: String?
  }

  let name: String
  /// In the order of their moments; percentages never fall, so that nobody loses what it has.
  let stages: [Stage]

  init(_ name: String, _ settings: [Placed<RolloutSettings.Stage>], problems: inout [SettingsProblem]) {
    self.name = name
    var stages: [Stage] = []
    for setting in settings {
      let (from, percent) = (setting.value.from, setting.value.percent)
      let moment = Self.moment(from.value)
      if moment == nil {
        problems.append(SettingsProblem("'\(from.value)' is not a moment such as 2027-01-31T08:00:00Z", place: from.place))
      }
      if !(0...100).contains(percent.value) { problems.append(SettingsProblem("percent is 0 to 100", place: percent.place)) }
      let stage = Stage(from: moment ?? WallTime(nanoseconds: 0), percent: percent.value, place: setting.place)
      if let last = stages.last, moment != nil, stage.from <= last.from || stage.percent < last.percent {
        problems.append(SettingsProblem("stages follow each other in time, and none has less than the one before", place: setting.place))
      }
      stages.append(stage)
    }
    if settings.isEmpty { problems.append(SettingsProblem("plan '\(name)' has no stage: write one of 0 percent to hold artifacts back")) }
    self.stages = stages
  }

  /// The answer for a machine whose place among a hundred equal parts of all is `part`, 0...99.
  func verdict(part: Int, now: WallTime) -> Verdict {
    let next = stages.first { $0.from > now }
    guard let index = stages.lastIndex(where: { $0.from <= now }) else {
      return .deny(
        "rollout \(name) begins \(next.map { Self.text($0.from) } ?? "never")", rule: "plans.\(name)", place: next?.place,
        validUntil: next?.from)
    }
    let stage = stages[index]
    let rule = "plans.\(name)[\(index)]"
    let words = "\(stage.percent)% of the machines have it since \(Self.text(stage.from))"
    if part < stage.percent { return .allow("\(words), and this is one of them", rule: rule, place: stage.place) }
    let more = next.map { ", more from \(Self.text($0.from))" } ?? ""
    return .deny("\(words), and this is none of them\(more)", rule: rule, place: stage.place, validUntil: next?.from)
  }

  private static func moment(_ text: String) -> WallTime? {
    guard let date = try? Date(text, strategy: .iso8601), (0..<253_402_300_800).contains(date.timeIntervalSince1970) else { return nil }
    let (nanoseconds, isOver) = Int64(date.timeIntervalSince1970).multipliedReportingOverflow(by: 1_000_000_000)
    return isOver ? nil : WallTime(nanoseconds: nanoseconds)
  }

  private static func text(_ time: WallTime) -> String { Date(timeIntervalSince1970: Double(time.seconds)).formatted(.iso8601) }
}
