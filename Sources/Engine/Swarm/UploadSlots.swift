import PluginKit

/// How many peers are unchoked at once.
package enum UploadSlots: Sendable, Hashable {
  /// All that are interested, but few of a swarm that lacks pieces while the node's upload limit is what they wait for (`UnchokeBreadth`).
  case auto
  /// All that are interested.
  case unlimited
  /// So many, in turn.
  case fixed(Int)
}

/// Which artifacts are super-seeded (BEP 16), while their swarms lack pieces.
package enum SuperSeeding: Sendable {
  case off
  /// All, where the whole node has an upload limit; those of artifacts and principals do not count.
  case auto
  /// Those for which the closure says so, limit or not.
  case matching(@Sendable (ArtifactFacts) -> Bool)
}

extension EngineSettings {
  /// The slots that all peers share; nil where all, or all but a few swarms' peers, are unchoked.
  var fixedSlots: Int? {
    if case .fixed(let slots) = uploadSlots { slots } else { nil }
  }

  /// Whether new peers of the artifact are super-seeded as long as its swarm lacks pieces.
  func superSeeds(_ facts: ArtifactFacts) -> Bool {
    switch superSeeding {
    case .off: false
    case .auto: uploadRate != nil
    case .matching(let isMatch): isMatch(facts)
    }
  }

  /// Whether it must be known which peers have which pieces of the artifact.
  func watches(_ facts: ArtifactFacts) -> Bool { (uploadSlots == .auto && uploadRate != nil) || superSeeds(facts) }
}
