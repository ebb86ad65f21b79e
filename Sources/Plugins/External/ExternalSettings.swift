internal import PluginKit

/// What stands below `external` in the YAML.
package struct ExternalSettings: Decodable, Sendable {
  let command: Placed<String>
  let arguments: [String]
  let user: Placed<String>?
  let guards: Placed<[Placed<String>]>?
  let deadline: Placed<String>?
  let inFlight: Placed<Int>?
  let frame: Placed<AmountSettings>?
  let validFor: Placed<String>?
  let memory: Placed<AmountSettings>?
  let restart: ExternalRestartSettings?

  private enum CodingKeys: String, CodingKey {
    case command, arguments, user, guards, deadline, frame, memory, restart
    case inFlight = "in-flight"
    case validFor = "valid-for"
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    command = try container.decode(Placed<String>.self, forKey: .command)
    arguments = try container.decodeIfPresent([String].self, forKey: .arguments) ?? []
    user = try container.decodeIfPresent(Placed<String>.self, forKey: .user)
    guards = try container.decodeIfPresent(Placed<[Placed<String>]>.self, forKey: .guards)
    deadline = try container.decodeIfPresent(Placed<String>.self, forKey: .deadline)
    inFlight = try container.decodeIfPresent(Placed<Int>.self, forKey: .inFlight)
    frame = try container.decodeIfPresent(Placed<AmountSettings>.self, forKey: .frame)
    validFor = try container.decodeIfPresent(Placed<String>.self, forKey: .validFor)
    memory = try container.decodeIfPresent(Placed<AmountSettings>.self, forKey: .memory)
    restart = try container.decodeIfPresent(ExternalRestartSettings.self, forKey: .restart)
  }
}

/// How long a program that has ended stays so: the first time, and at most.
struct ExternalRestartSettings: Decodable, Sendable {
  let from: Placed<String>?
  let to: Placed<String>?

  private enum CodingKeys: String, CodingKey { case from, to }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    from = try container.decodeIfPresent(Placed<String>.self, forKey: .from)
    to = try container.decodeIfPresent(Placed<String>.self, forKey: .to)
  }
}
