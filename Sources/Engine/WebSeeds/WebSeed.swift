import HTTPClient
import Metainfo
import NIOCore
import PluginKit
import Synchronization

/// An HTTP server as a source of last resort (BEP 19): to the picker and the judge a peer that has everything.
///
/// It is asked where no peer serves us, or those that do have given nothing for a while. Pieces are asked for one after the other, as ranges of
/// files over one kept connection.
struct WebSeed: Sendable {
  private static let look = Duration.milliseconds(500)
  /// Peers that have given nothing for so long leave the field to web seeds.
  private static let patience = Duration.seconds(10)

  let url: HTTPURL
  let number: PeerNumber
  let fetch: ArtifactFetch
  let swarm: Swarm
  let core: EngineCore
  let session: HTTPSession
  private let map: WebSeedMap

  init(_ url: HTTPURL, _ fetch: ArtifactFetch, _ swarm: Swarm, _ core: EngineCore, _ session: HTTPSession) {
    (self.url, self.fetch, self.swarm, self.core, self.session) = (url, fetch, swarm, core, session)
    number = core.numbers.number(onLoop: 0)
    map = WebSeedMap(swarm.torrent, base: url)
  }

  /// The name by which it is refused and journalled: without path and query, which may hold a key.
  var principal: String { "\(url.scheme.rawValue)://\(url.authority)" }

  /// Until the fetch is at its end, the task is cancelled, or the seed is of no use.
  func run() async {
    fetch.join(webSeed: number, principal)
    defer { core.wakeDownloads(fetch.leave(number)) }
    var standing = WebSeedStanding()
    while !fetch.isOver, !Task.isCancelled, let moment = standing.next(after: core.clock.now()) {
      let wait = moment - core.clock.now()
      if let reason = fetch.refusal(of: principal) {
        standing.take(.unfit(reason), now: core.clock.now())
      } else if wait > .zero || !isNeeded || swarm.isPaused {
        try? await Task.sleep(for: max(min(wait, Self.look), .milliseconds(10)) + (wait > .zero ? .zero : Self.look))
      } else if let outcome = await round(standing.portion) {
        standing.take(outcome, now: core.clock.now())
        tell(outcome)
      } else {
        try? await Task.sleep(for: Self.look)
      }
    }
  }

  private var isNeeded: Bool {
    let now = core.clock.now()
    return fetch.state.withLock { state in
      let serving = state.members.values.contains { $0.isHere && $0.isServing }
      return !serving || now - (state.lastFromPeers ?? now) > Self.patience
    }
  }

  /// Asks for what is picked. Nil: there is nothing to ask for now.
  private func round(_ portion: Int) async -> WebSeedStanding.Outcome? {
    let demand = PickDemand(portion / Block.standardLength, prefersWholePieces: true)
    let blocks = fetch.pick(demand, for: number, now: core.clock.now())
    guard !blocks.isEmpty else { return nil }
    var left = Set(blocks)
    defer { core.wakeDownloads(fetch.release(left, from: number)) }
    let began = core.clock.now()
    var bytes = 0
    for run in Self.runs(blocks) {
      if let failure = await fetch(run, &left, &bytes) { return failure }
    }
    return .given(bytes: bytes, in: core.clock.now() - began)
  }

  private func fetch(_ run: [Block], _ left: inout Set<Block>, _ bytes: inout Int) async -> WebSeedStanding.Outcome? {
    guard let first = run.first, let begin = begin(of: first) else { return .unfit("there is no such block") }
    let length = run.reduce(0) { $0 + Int($1.length) }
    // Padding, which nobody has, is zeroes.
    var data = ByteBuffer(repeating: 0, count: length)
    for part in map.parts(of: begin..<begin + Int64(length)) {
      switch await ask(part) {
      case .failure(let failure): return failure.outcome
      case .success(let body):
        let place = Int(swarm.torrent.layout.fileOffsets[part.file] + part.range.lowerBound - begin)
        data.setBuffer(body, at: place)
      }
    }
    guard let blocks = BlockRun(run, bytes: data) else { return .unfit("there are no such blocks") }
    take(blocks)
    left.subtract(run)
    bytes += length
    return nil
  }

  private func take(_ run: BlockRun) {
    let receipt = fetch.receive([run], from: number, swarm, core)
    for cancel in receipt.cancels { core.visit(cancel.peer) { $0.needless(cancel.block) } }
    core.downloaded.add(Int64(receipt.bytes), ordering: .relaxed)
  }

  private func begin(of block: Block) -> Int64? {
    let layout = swarm.torrent.layout
    guard Int(block.piece) < layout.pieceCount else { return nil }
    return Int64(block.piece) * Int64(layout.pieceLength) + Int64(block.offset)
  }

  /// Blocks that follow each other are asked for together.
  static func runs(_ blocks: [Block]) -> [[Block]] {
    var runs: [[Block]] = []
    for block in blocks.sorted(by: { ($0.piece, $0.offset) < ($1.piece, $1.offset) }) {
      if let last = runs.last?.last, last.piece == block.piece, last.offset + last.length == block.offset {
        runs[runs.count - 1].append(block)
      } else {
        runs.append([block])
      }
    }
    return runs
  }

  private func tell(_ outcome: WebSeedStanding.Outcome) {
    switch outcome {
    case .given: return
    case .failed(let reason), .busy(_, let reason), .unfit(let reason): core.journalWebSeed(principal, reason, swarm)
    }
  }
}
