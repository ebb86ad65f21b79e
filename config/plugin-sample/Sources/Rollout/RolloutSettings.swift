import PluginKit

/// What stands below `rollout` in the YAML.
public struct RolloutSettings: Decodable, Sendable {
  /// Stages by the plan's name, which artifacts carry as the label `rollout`.
  let plans: Placed<[String: [Placed<Stage>]]>
  /// Networks whose machines have everything at once.
  let first: [Placed<String>]

  private enum CodingKeys: CodingKey { case plans, first }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    plans = try container.decode(Placed<[String: [Placed<Stage>]]>.self, forKey: .plans)
    first = try container.decodeIfPresent([Placed<String>].self, forKey: .first) ?? []
  }

  /// From a moment on, so many percent of the machines.
  struct Stage: Decodable, Sendable {
    let from: Placed<String>
    let percent: Placed<Int>

    private enum CodingKeys: CodingKey { case from, percent }
  }
}
