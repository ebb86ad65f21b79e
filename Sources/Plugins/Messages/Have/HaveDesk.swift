internal import PluginKit
import Synchronization

/// Who may ask what we have, how often, and how many questions are looked into at once.
final class HaveDesk: Sendable {
  /// Questions of all connections that are looked into at once.
  static let mostAtOnce = 8

  let senders: MessageSenders
  let rate: MessageRate
  let place: String?
  let directory: any ArtifactDirectory
  private let atOnce = Mutex(0)

  init(senders: MessageSenders, rate: MessageRate, place: String?, directory: any ArtifactDirectory) {
    (self.senders, self.rate, self.place, self.directory) = (senders, rate, place, directory)
  }

  static func compile(_ settings: Placed<HaveSettings>, _ services: PluginServices, problems: inout [SettingsProblem]) -> HaveDesk? {
    let before = problems.count
    let senders = MessageSenders(settings.value.from, name: "have.from", problems: &problems)
    var rate = MessageRate(count: 12, seconds: 60)
    if let text = settings.value.rate {
      do throws(SettingsProblem) { rate = try MessageRate(text.value) } catch {
        problems.append(SettingsProblem("have.rate: \(error.message)", place: text.place))
      }
    }
    guard problems.count == before else { return nil }
    return HaveDesk(senders: senders, rate: rate, place: settings.place, directory: services.directory)
  }

  /// Looks into a question; nil where there are too many already.
  func look(into infoHashes: [[UInt8]], for facts: PeerFacts) -> HaveInquiry? {
    let isFree = atOnce.withLock { count in
      guard count < Self.mostAtOnce else { return false }
      count += 1
      return true
    }
    guard isFree else { return nil }
    return HaveInquiry(infoHashes, facts, directory) { [self] in atOnce.withLock { $0 -= 1 } }
  }
}

/// A question that is looked into on another thread.
final class HaveInquiry: Sendable {
  private let found = Mutex<[ArtifactStanding?]?>(nil)
  private let task = Mutex<Task<Void, Never>?>(nil)

  fileprivate init(
    _ infoHashes: [[UInt8]], _ facts: PeerFacts, _ directory: any ArtifactDirectory, onEnd: @escaping @Sendable () -> Void
  ) {
    let started = Task { [self] in
      defer { onEnd() }
      var standings: [ArtifactStanding?] = []
      for infoHash in infoHashes {
        guard !Task.isCancelled else { return }
        standings.append(await directory.standing(of: infoHash, for: facts))
      }
      found.withLock { $0 = standings }
    }
    task.withLock { $0 = started }
  }

  /// The answer, once it is there.
  var standings: [ArtifactStanding?]? { found.withLock { $0 } }

  /// Nobody waits for it any more.
  func cancel() { task.withLock { $0 }?.cancel() }
}
