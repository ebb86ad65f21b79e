/// A rate that the control interface can change, by its name in documents.
package enum LimitName: String, Codable, Sendable, Hashable, CaseIterable {
  case upload
  case download
  case uploadPerArtifact = "upload_per_artifact"
  case uploadPerPrincipal = "upload_per_principal"

  /// Its key under `limits` in the configuration.
  package var key: String { rawValue.replacing("_", with: "-") }
}

/// `granary limits`: the rates that are in force.
package struct LimitsDocument: Codable, Sendable, Hashable {
  package struct Limit: Codable, Sendable, Hashable {
    package let name: LimitName
    /// Bytes a second; null: none.
    package let rate: Int64?
    /// What the configuration says, in bytes a second; null: none.
    package let configured: Int64?
    /// Whether an operator has said otherwise, until it is reset or the node ends.
    package let overridden: Bool

    package init(name: LimitName, rate: Int64?, configured: Int64?, overridden: Bool) {
      (self.name, self.rate, self.configured, self.overridden) = (name, rate, configured, overridden)
    }

    /// Rates are always there, if only as null.
    package func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(name, forKey: .name)
      try container.encode(rate, forKey: .rate)
      try container.encode(configured, forKey: .configured)
      try container.encode(overridden, forKey: .overridden)
    }
  }

  package let schema: String
  package let limits: [Limit]

  package init(limits: [Limit]) { (schema, self.limits) = ("granary.limits/1", limits) }
}

/// Other rates than the configuration's.
package struct LimitsOrder: Codable, Sendable, Hashable {
  /// A rate and what it is to be.
  package struct Change: Codable, Sendable, Hashable {
    package let name: LimitName
    /// Bytes a second, at least 1; nil: no limit.
    package let rate: Int64?

    package init(name: LimitName, rate: Int64?) { (self.name, self.rate) = (name, rate) }
  }

  package var set: [Change]?
  /// Those that the configuration's hold for again.
  package var reset: [LimitName]?

  package init(set: [Change]? = nil, reset: [LimitName]? = nil) { (self.set, self.reset) = (set, reset) }
}
