import Engine
import PluginKit
import Settings

extension UploadSlots {
  init(_ slots: Limits.UploadSlots) {
    switch slots {
    case .auto: self = .auto
    case .unlimited: self = .unlimited
    case .fixed(let count): self = .fixed(count)
    }
  }
}

extension SuperSeeding {
  init(_ settings: NodeSettings.SuperSeeding) {
    switch settings {
    case .off: self = .off
    case .auto: self = .auto
    case .artifacts(let texts):
      let patterns = texts.map { ArtifactPattern($0) }
      self = .matching { facts in patterns.contains { $0.matches(name: facts.name, infoHash: facts.infoHash) } }
    }
  }
}
