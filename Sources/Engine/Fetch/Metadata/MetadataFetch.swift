import Metainfo
import PeerProtocol
import PluginKit
import Synchronization

/// The metadata of a magnet link on its way here: what the connections share that ask for it.
///
/// First the info dictionary (BEP 9), whose hash is the link's; then, of a torrent with trees, the piece layers (BEP 52), which are not in it.
final class MetadataFetch: Sendable {
  typealias Instant = ContinuousClock.Instant
  typealias Outcome = Result<Torrent, MetadataFailure>

  private struct State {
    var assembler: MetadataAssembler
    /// Known once the info dictionary is.
    var torrent: Torrent?
    var layers: LayerAssembler?
    var outcome: Outcome?
    var waiting: [CheckedContinuation<Outcome, Never>] = []
    var refused: [String: String] = [:]
    var members: [PeerNumber: FetchState.Member] = [:]
  }

  /// What a connection is to do next.
  enum Question: Sendable, Hashable {
    case piece(Int)
    case hashes(HashRequest)
  }

  /// What came of an answer.
  struct Progress: Sendable {
    /// Those that have lied.
    var liars: [PeerNumber] = []
    /// Everything is there, or nothing can be made of it.
    var isOver = false
  }

  private let infoHash: InfoHash
  private let state: Mutex<State>

  init(_ infoHash: InfoHash) {
    self.infoHash = infoHash
    state = Mutex(State(assembler: MetadataAssembler(infoHash: infoHash)))
  }

  var isOver: Bool { state.withLock { $0.outcome != nil } }

  /// Why a peer is not to be met again; nil where there is no reason.
  func refusal(of principal: String) -> String? { state.withLock { $0.refused[principal] } }

  func join(_ number: PeerNumber, _ address: PeerAddress, _ principal: String) {
    state.withLock { $0.members[number] = FetchState.Member(address: address, principal: principal) }
  }

  /// The peer offers metadata of this length.
  func offer(_ size: Int, from number: PeerNumber) { state.withLock { $0.assembler.join(number, size: size) } }

  func leave(_ number: PeerNumber) {
    state.withLock { state in
      state.assembler.leave(number)
      state.layers?.leave(number)
      state.members[number] = nil
    }
  }

  /// What this peer is to be asked for now; it is asked from then on.
  func question(for number: PeerNumber, speaksV2: Bool, now: Instant) -> Question? {
    state.withLock { state in
      guard state.outcome == nil else { return nil }
      if state.torrent == nil { return state.assembler.request(for: number, now: now).map { .piece($0) } }
      guard speaksV2 else { return nil }
      return state.layers?.request(for: number, now: now).map { .hashes($0) }
    }
  }

  func tick(_ now: Instant) {
    state.withLock { state in
      state.assembler.tick(now)
      state.layers?.tick(now)
    }
  }

  // MARK: Answers

  func rejected(_ piece: Int, from number: PeerNumber, now: Instant) {
    state.withLock { $0.assembler.rejected(piece, from: number, now: now) }
  }

  func received(_ piece: Int, totalSize: Int, _ bytes: some Collection<UInt8>, from number: PeerNumber, now: Instant) -> Progress {
    state.withLock { state in
      switch state.assembler.received(piece, totalSize: totalSize, bytes, from: number, now: now) {
      case .more: return Progress()
      case .wrong(let liars): return Progress(liars: liars)
      case .complete(let info, let liars): return Progress(liars: liars, isOver: learn(info, &state))
      }
    }
  }

  func rejected(_ request: HashRequest, from number: PeerNumber) { state.withLock { $0.layers?.rejected(request, from: number) } }

  func received(_ request: HashRequest, _ bytes: some Collection<UInt8>, from number: PeerNumber) -> Progress {
    state.withLock { state in
      switch state.layers?.received(request, bytes, from: number) {
      case .wrong: return Progress(liars: [number])
      case .complete: return Progress(isOver: finish(&state))
      case .more, nil: return Progress()
      }
    }
  }

  /// The info dictionary is there. True where nothing more is to be had.
  private func learn(_ info: [UInt8], _ state: inout State) -> Bool {
    do throws(TorrentError) {
      let torrent = try Torrent.decodeInfo(info).torrent
      let layers = LayerAssembler(torrent.layout)
      (state.torrent, state.layers) = (torrent, layers)
      guard layers.isComplete else {
        guard infoHash.v2 == nil else { return false }
        let problem =
          "it is a hybrid torrent, and the link names its v1 info-hash alone: its trees can be had from peers of the v2 one only"
        return end(.failure(MetadataFailure(problem)), &state)
      }
      return finish(&state)
    } catch {
      return end(.failure(MetadataFailure("its info dictionary cannot be used: \(error)")), &state)
    }
  }

  private func finish(_ state: inout State) -> Bool {
    guard let torrent = state.torrent, let layers = state.layers?.layers else { return false }
    do throws(TorrentError) {
      return end(.success(torrent.infoHash.v2 == nil ? torrent : try torrent.adding(pieceLayers: layers)), &state)
    } catch {
      return end(.failure(MetadataFailure("its piece layers cannot be used: \(error)")), &state)
    }
  }

  private func end(_ outcome: Outcome, _ state: inout State) -> Bool {
    guard state.outcome == nil else { return true }
    state.outcome = outcome
    for waiter in state.waiting { waiter.resume(returning: outcome) }
    state.waiting = []
    return true
  }

  /// It is given up.
  func cancel(_ reason: String) { _ = state.withLock { end(.failure(MetadataFailure(reason)), &$0) } }

  /// Somebody has lied: whom not to meet again.
  func refuse(_ number: PeerNumber, _ reason: String) -> FetchState.Member? {
    state.withLock { state in
      guard let member = state.members[number] else { return nil }
      state.refused[member.principal] = reason
      return member
    }
  }

  /// The torrent, once it is there.
  func outcome() async -> Outcome {
    await withCheckedContinuation { continuation in
      state.withLock { state in
        if let outcome = state.outcome { continuation.resume(returning: outcome) } else { state.waiting.append(continuation) }
      }
    }
  }
}
