import Metainfo
import PluginKit
import Storage
import Synchronization

/// What the connections of one artifact share. Sendable; nothing here is on the per-block path but an atomic counter a batch.
final class Swarm: Sendable {
  /// A torrent plugin with its entry in the pipeline.
  struct Member: Sendable {
    let installed: InstalledPlugin
    let plugin: any TorrentPlugin
  }

  private struct State {
    var isIdle: Bool { peers.isEmpty && holds <= 0 }
    var members: [Member] = []
    var generation: UInt64?
    var peers: Set<PeerNumber> = []
    var meetings = SwarmMeetings()
    /// Connections and dials that want it to stay in memory.
    var holds = 0
    var isInService = true
    var grants = SharedGrants()
    var isPaused = false
    var watch: SwarmWatch?
  }

  /// Where its bytes are, and which of them. Another one when a fetch has come to its end.
  private struct Source {
    var reader: ArtifactReader
    var have: Bitfield
  }

  let facts: ArtifactFacts
  let torrent: Torrent
  private let source: Mutex<Source>
  private let whole: Atomic<Bool>
  /// The fetch that it is the swarm of; nil where we do not fetch.
  let fetch: ArtifactFetch?
  /// What asks for the artifact's metadata; nil where we have it.
  let metadata: MetadataFetch?
  /// Bytes of blocks that links have taken since the start.
  let uploaded = Atomic<Int64>(0)
  /// Whether blocks went out since the last look: only then are the files' identities looked at again.
  let isActive = Atomic<Bool>(false)
  /// Whether a look is under way, or waits for a thread.
  let isBeingLookedAt = Atomic<Bool>(false)
  let hashes: HashAnswers
  /// What a peer has that has said nothing yet: one for all of them.
  let noPieces: Bitfield
  private let state = Mutex(State())

  /// About how many bytes of memory it holds.
  let cost: Int

  init(_ artifact: SeededArtifact, fetch: ArtifactFetch? = nil, metadata: MetadataFetch? = nil) {
    (facts, torrent, self.fetch, self.metadata) = (artifact.facts, artifact.torrent, fetch, metadata)
    source = Mutex(Source(reader: artifact.reader, have: artifact.have))
    whole = Atomic(artifact.have.isFull)
    let torrent = artifact.torrent
    cost =
      4096 + 2 * torrent.infoBytes.count + torrent.pieceLayers.values.reduce(0) { $0 + $1.count + 64 } + torrent.layout.files.count * 512
    hashes = HashAnswers(torrent, artifact.facts.layout)
    noPieces = Bitfield(count: artifact.facts.layout.pieceCount)
  }

  var layout: PieceLayout { facts.layout }
  /// Reads its blocks.
  var reader: ArtifactReader { source.withLock { $0.reader } }
  /// The pieces that may be served.
  var have: Bitfield { source.withLock { $0.have } }
  /// Whether we have every piece.
  var isWhole: Bool { whole.load(ordering: .relaxed) }
  /// Whether we are still fetching it.
  var isFetching: Bool { fetch?.isOver == false }
  var peerCount: Int { state.withLock { $0.peers.count } }
  var peers: Set<PeerNumber> { state.withLock { $0.peers } }
  var isInService: Bool { state.withLock { $0.isInService } }
  /// Whether no new peer is let in and none is served, until it is resumed.
  var isPaused: Bool { state.withLock { $0.isPaused } }
  /// Who has what, where that is being watched.
  var watch: SwarmWatch? { state.withLock { $0.watch } }

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

  // MARK: Holds

  /// It stays in memory until as many releases have come. Called under the table's lock, or by one who holds it already.
  func hold() { state.withLock { $0.holds += 1 } }

  /// One hold less; whether it is idle now.
  func release() -> Bool {
    state.withLock { state in
      state.holds -= 1
      return state.isIdle
    }
  }

  var isIdle: Bool { state.withLock { $0.isIdle } }

  /// Lets nobody join any more if nobody is there or on the way; whether it is so.
  func closeIfIdle() -> Bool {
    state.withLock { state in
      guard state.isIdle else { return false }
      state.isInService = false
      return true
    }
  }

  // MARK: Peers

  /// Begins to watch who has what, if nobody does yet.
  func beginWatch() -> SwarmWatch {
    let start = Int.random(in: 0..<max(1, layout.pieceCount))
    return state.withLock { state in
      if let watch = state.watch { return watch }
      let watch = SwarmWatch(ours: have, pieceLength: layout.pieceLength, start: start)
      state.watch = watch
      return watch
    }
  }

  /// Pauses or resumes; the peers that are there.
  func setPaused(_ isPaused: Bool) -> Set<PeerNumber> {
    state.withLock { state in
      state.isPaused = isPaused
      return state.peers
    }
  }

  /// Counts a peer in; false where the artifact has gone out of service meanwhile, or is paused.
  func join(_ number: PeerNumber) -> Bool {
    state.withLock { state in
      guard state.isInService, !state.isPaused else { return false }
      state.peers.insert(number)
      return true
    }
  }

  /// Whether this connection with a peer is to stay where there may be another with the same one already, and which is to go.
  func meet(_ number: PeerNumber, _ peer: SwarmMeetings.Peer, isPreferred: Bool) -> SwarmMeetings.Answer {
    state.withLock { $0.meetings.meet(number, peer, isPreferred: isPreferred) }
  }

  /// Counts a peer out. With the last one the plugins' parts are dropped.
  func leave(_ number: PeerNumber) {
    state.withLock { state in
      state.meetings.leave(number)
      guard state.peers.remove(number) != nil, state.peers.isEmpty else { return }
      (state.members, state.generation, state.grants, state.watch) = ([], nil, SharedGrants(), nil)
    }
  }

  /// The same grant, and the pieces that it shows, in memory that peers with equal grants share.
  func shared(_ grant: Grant) -> (grant: Grant, visible: Bitfield) {
    let have = have
    return state.withLock { $0.grants.share(grant, of: have) }
  }

  // MARK: Pieces

  /// Whether the piece may be served. Asked for each request: what is whole has no lock to take.
  func holds(_ piece: Int) -> Bool { isWhole || source.withLock { $0.have[piece] } }

  /// A piece has come, or is lost.
  func set(_ piece: Int, isHeld: Bool) {
    source.withLock { source in
      source.have[piece] = isHeld
      whole.store(source.have.isFull, ordering: .relaxed)
    }
    // What grants show has changed.
    state.withLock { $0.grants = SharedGrants() }
  }

  /// It lies somewhere else from now on.
  func replace(reader: ArtifactReader, have: Bitfield) {
    // The former one closes files: not under the lock.
    let former = source.withLock { source in
      defer { source = Source(reader: reader, have: have) }
      whole.store(have.isFull, ordering: .relaxed)
      return source
    }
    state.withLock { $0.grants = SharedGrants() }
    withExtendedLifetime(former) {}
  }

  /// Nobody joins any more; the peers that are still there.
  func retire() -> Set<PeerNumber> {
    state.withLock { state in
      state.isInService = false
      return state.peers
    }
  }

  /// Tells every plugin's part something. What one throws is charged to its budget, and the others are told all the same.
  func tell(_ hook: Hook, _ body: (any TorrentPlugin) throws -> Void) {
    for member in state.withLock({ $0.members }) { member.installed.tell(hook) { try body(member.plugin) } }
  }

  /// Asks the plugins' parts in order, until one has handled it. What one throws is charged to its budget, and the next one is asked.
  func ask(_ hook: Hook, _ body: (any TorrentPlugin) throws -> Handling) -> Handling {
    for member in state.withLock({ $0.members }) {
      var handling = Handling.pass
      member.installed.tell(hook) { handling = try body(member.plugin) }
      if handling == .handled, !member.installed.isShadow { return .handled }
    }
    return .pass
  }

  private func make(_ pipeline: Pipeline) throws(PluginFailure) -> [Member] {
    var members: [Member] = []
    for installed in pipeline.plugins where !installed.isTripped {
      do throws(PluginFailure) {
        guard let plugin = try Self.asked(installed, .newTorrent, { try installed.plugin.newTorrent(facts) }) else { continue }
        try Self.asked(installed, .onFilesChecked) { try plugin.onFilesChecked() }
        members.append(Member(installed: installed, plugin: plugin))
      } catch {
        // A plugin in shadow keeps nobody away.
        guard installed.isShadow else { throw error }
      }
    }
    return members
  }

  /// Runs a hook that a peer's coming calls: what it throws refuses that peer.
  static func asked<Value>(_ installed: InstalledPlugin, _ hook: Hook, _ body: () throws -> Value) throws(PluginFailure) -> Value {
    do {
      return try installed.call(hook, body)
    } catch {
      throw PluginFailure(plugin: installed.name, hook: hook, error: error)
    }
  }
}
