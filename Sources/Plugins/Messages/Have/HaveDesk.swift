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
  func look(into question: HaveMessage, for facts: PeerFacts) -> HaveInquiry? {
    let isFree = atOnce.withLock { count in
      guard count < Self.mostAtOnce else { return false }
      count += 1
      return true
    }
    guard isFree else { return nil }
    return HaveInquiry(question, facts, directory) { [self] in atOnce.withLock { $0 -= 1 } }
  }
}

/// A question that is looked into on another thread.
final class HaveInquiry: Sendable {
  private let found = Mutex<HaveMessage?>(nil)
  private let task = Mutex<Task<Void, Never>?>(nil)

  fileprivate init(
    _ question: HaveMessage, _ facts: PeerFacts, _ directory: any ArtifactDirectory, onEnd: @escaping @Sendable () -> Void
  ) {
    let started = Task { [self] in
      defer { onEnd() }
      guard let answer = await Self.answer(question, facts, directory) else { return }
      found.withLock { $0 = answer }
    }
    task.withLock { $0 = started }
  }

  /// Nil where nobody waits for it any more, and for what is no question.
  private static func answer(_ question: HaveMessage, _ facts: PeerFacts, _ directory: any ArtifactDirectory) async -> HaveMessage? {
    switch question {
    case .question(let id, let infoHashes):
      var standings: [ArtifactStanding?] = []
      for infoHash in infoHashes {
        guard !Task.isCancelled else { return nil }
        standings.append(await directory.standing(of: infoHash, for: facts))
      }
      return .answer(id: id, standings: standings)
    case .catalogue(let id, let offset):
      let bytes = await directory.catalogue(for: facts) ?? []
      let part = bytes.dropFirst(Int(clamping: offset)).prefix(HaveMessage.partSize)
      return .part(id: id, offset: offset, size: Int64(bytes.count), bytes: Array(part))
    case .answer, .part, .later: return nil
    }
  }

  /// The answer, once it is there.
  var answer: HaveMessage? { found.withLock { $0 } }

  /// Nobody waits for it any more.
  func cancel() { task.withLock { $0 }?.cancel() }
}
