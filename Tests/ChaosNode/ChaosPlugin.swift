import Foundation
import Metainfo
import NIOCore
import PeerProtocol
import PluginKit

/// Misbehaves in the hooks that its settings name, towards the peers that they name.
struct ChaosPlugin: Plugin {
  /// What it does instead of its work.
  enum Mischief: String, Codable, Sendable {
    /// Throws.
    case fail
    /// Returns late.
    case late
    /// Never returns.
    case hang
    /// Uses up memory, and lets it go.
    case allocate
    /// Answers what it should not, and asks for what makes no sense.
    case garbage
  }

  struct Settings: Decodable, Sendable {
    /// Hooks by their names.
    let hooks: [String]
    let mischief: Mischief
    /// Addresses of the peers it is after; hooks that concern no peer misbehave in any case.
    let peers: [String]
    let guards: [PluginKit.Operation]?
    private enum CodingKeys: CodingKey { case hooks, mischief, peers, guards }
  }

  struct OnPurpose: Error, CustomStringConvertible { let description = "on purpose" }

  static let name = "chaos"
  static let summary = "misbehaves; for tests"
  static let hooks = Hook.allCases

  let guards: Set<PluginKit.Operation>
  let extendedMessages = [ExtendedMessage(name: "chaos", maximumSize: 1000)]
  private let plan: Plan

  init(settings: Settings, services: PluginServices) throws {
    let hooks = try settings.hooks.map { name in
      guard let hook = Hook(rawValue: name) else { throw SettingsProblem("no hook is called '\(name)'") }
      return hook
    }
    plan = Plan(hooks: Set(hooks), mischief: settings.mischief, peers: settings.peers)
    guards = Set(settings.guards ?? [])
  }

  func judge(_ operation: PluginKit.Operation, _ facts: PeerFacts) throws -> Verdict {
    guard try plan.act(.judge, facts.address) else { return .allow("chaos allows") }
    return .allow("", rule: "\u{1B}[2J", validUntil: WallTime(nanoseconds: .min))
  }

  func newTorrent(_ artifact: ArtifactFacts) throws -> (any TorrentPlugin)? {
    _ = try plan.act(.newTorrent)
    return ChaosTorrent(plan: plan)
  }

  func tick(_ now: ContinuousClock.Instant) throws { _ = try plan.act(.tick) }
  func loadState(_ state: [UInt8]) throws { _ = try plan.act(.loadState) }
  func saveState() -> [UInt8]? { (try? plan.act(.saveState)) == true ? [UInt8](repeating: 0xFF, count: 2 << 20) : nil }
  func onUnknownTorrent(_ facts: PeerFacts) { _ = try? plan.act(.onUnknownTorrent, facts.address) }
}

/// What is done where.
struct Plan: Sendable {
  let hooks: Set<Hook>
  let mischief: ChaosPlugin.Mischief
  let peers: [String]

  /// Does it; true where garbage is to be answered.
  func act(_ hook: Hook, _ peer: PeerAddress? = nil) throws -> Bool {
    guard hooks.contains(hook), peer.map({ peers.contains($0.ip.description) }) ?? true else { return false }
    switch mischief {
    case .fail: throw ChaosPlugin.OnPurpose()
    case .late: Thread.sleep(forTimeInterval: 0.15)
    case .hang: while true { Thread.sleep(forTimeInterval: 3600) }
    case .allocate:
      let waste = (0..<8).map { [UInt8](repeating: UInt8($0), count: 4 << 20) }
      return waste.count < 8
    case .garbage: return true
    }
    return false
  }
}

struct ChaosTorrent: TorrentPlugin {
  let plan: Plan

  func onAuthorized(_ facts: PeerFacts) throws { _ = try plan.act(.onAuthorized, facts.address) }
  func newConnection(_ peer: PeerContext) throws -> (any PeerPlugin)? {
    _ = try plan.act(.newConnection, peer.facts.address)
    return ChaosPeer(peer: peer, plan: plan)
  }
  func tick(_ now: ContinuousClock.Instant) throws { _ = try plan.act(.tick) }
  func onState(_ state: String) throws { _ = try plan.act(.onState) }
  func onFilesChecked() throws { _ = try plan.act(.onFilesChecked) }
}
