import Metainfo
import PluginKit
import Synchronization

/// What the connections of one artifact share. Sendable; nothing here is on the per-block path but an atomic counter a batch.
final class Swarm: Sendable {
  /// A torrent plugin with its entry in the pipeline.
  struct Member: Sendable {
    let installed: InstalledPlugin
    let plugin: any TorrentPlugin
  }

  private struct State {
    var members: [Member] = []
    var generation: UInt64?
    var peers: Set<PeerNumber> = []
    var isInService = true
    var grants = SharedGrants()
  }

  let artifact: SeededArtifact
  /// Bytes of blocks that links have taken since the start.
  let uploaded = Atomic<Int64>(0)
  /// Whether blocks went out since the last look: only then are the files' identities looked at again.
  let isActive = Atomic<Bool>(false)
  let hashes: HashAnswers
  /// What a peer has that has said nothing yet: one for all of them.
  let noPieces: Bitfield
  private let state = Mutex(State())

  init(_ artifact: SeededArtifact) {
    self.artifact = artifact
    hashes = HashAnswers(artifact)
    noPieces = Bitfield(count: artifact.facts.layout.pieceCount)
  }

  var facts: ArtifactFacts { artifact.facts }
  var layout: PieceLayout { artifact.facts.layout }
  var peerCount: Int { state.withLock { $0.peers.count } }
  var peers: Set<PeerNumber> { state.withLock { $0.peers } }
  var isInService: Bool { state.withLock { $0.isInService } }

  /// The plugins' parts for this artifact, made when the first peer comes or the policy is a new one.
  func members(of pipeline: Pipeline) throws(PluginFailure) -> [Member] {
    let known = state.withLock { $0.generation == pipeline.generation ? $0.members : nil }
    if let known { return known }
    let made = try make(pipeline)
    return state.withLock { state in
      // Another loop may have been quicker; one set of plugins serves all loops.
      if state.generation == pipeline.generation { return state.members }
      // A loop that still has the former policy does not put its plugins in the place of newer ones.
      if let newer = state.generation, newer > pipeline.generation { return made }
      (state.members, state.generation) = (made, pipeline.generation)
      return made
    }
  }

  /// Counts a peer in; false where the artifact has gone out of service meanwhile.
  func join(_ number: PeerNumber) -> Bool {
    state.withLock { state in
      guard state.isInService else { return false }
      state.peers.insert(number)
      return true
    }
  }

  /// Counts a peer out. With the last one the plugins' parts are dropped.
  func leave(_ number: PeerNumber) {
    state.withLock { state in
      guard state.peers.remove(number) != nil, state.peers.isEmpty else { return }
      (state.members, state.generation, state.grants) = ([], nil, SharedGrants())
    }
  }

  /// The same grant, and the pieces that it shows, in memory that peers with equal grants share.
  func shared(_ grant: Grant) -> (grant: Grant, visible: Bitfield) { state.withLock { $0.grants.share(grant, of: artifact.have) } }

  /// Nobody joins any more; the peers that are still there.
  func retire() -> Set<PeerNumber> {
    state.withLock { state in
      state.isInService = false
      return state.peers
    }
  }

  /// Tells every plugin's part something. What one throws is counted, and the others are told all the same.
  func tell(_ hook: Hook, _ body: (any TorrentPlugin) throws -> Void) {
    for member in state.withLock({ $0.members }) {
      member.installed.statistics.count(hook)
      do {
        try body(member.plugin)
      } catch {
        member.installed.statistics.countFault(hook)
      }
    }
  }

  private func make(_ pipeline: Pipeline) throws(PluginFailure) -> [Member] {
    var members: [Member] = []
    for installed in pipeline.plugins {
      installed.statistics.count(.newTorrent)
      do {
        guard let plugin = try installed.plugin.newTorrent(facts) else { continue }
        try plugin.onFilesChecked()
        members.append(Member(installed: installed, plugin: plugin))
      } catch {
        installed.statistics.countFault(.newTorrent)
        throw PluginFailure(plugin: installed.name, hook: .newTorrent, error: error)
      }
    }
    return members
  }
}
