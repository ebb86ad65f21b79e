import Metainfo
import OpenSSL
internal import PluginKit
import Synchronization

/// A notice that is kept, and who signed it.
package struct HeldNotice: Sendable, Hashable {
  package let notice: Notice
  /// The signer as the settings call it; its key where they give it no name.
  package let signer: String
  /// Whether we have signed it.
  package let isOurs: Bool
}

/// The last notice of each signer on each artifact, ours among them, in the plugin's store: sequence numbers rise across restarts.
final class NoticeBook: Sendable {
  /// Whose notices are taken.
  struct Signer: Sendable {
    let name: String
    let key: [UInt8]
    let note: Note
    let rule: String
    let place: String?
  }

  /// What becomes of a notice that a peer has sent.
  enum Answer: Sendable, Hashable {
    case news
    /// It is the one that is kept.
    case known
    case refused(reason: String, rule: String, place: String?)
  }

  private static let prefix = "notice/"

  private let store: any PluginStore
  private let own: Ed25519.PrivateKey?
  private let signers: [[UInt8]: Signer]
  private let place: String?
  /// Rises with each notice of ours: connections look for one when it has changed.
  let changes = Atomic<Int>(1)

  init(store: any PluginStore, own: Ed25519.PrivateKey?, signers: [Signer], place: String?) {
    (self.store, self.own, self.place) = (store, own, place)
    self.signers = Dictionary(signers.map { ($0.key, $0) }) { first, _ in first }
  }

  var issues: Bool { own != nil }
  var takes: Bool { !signers.isEmpty }
  var isIdle: Bool { own == nil && signers.isEmpty }

  // MARK: Ours

  /// Signs and keeps a notice.
  func issue(_ content: NoticeContent, for artifact: InfoHash, until: Int64, now: WallTime) throws -> HeldNotice {
    guard let own else { throw NoticeProblem(description: "there is no notices.key to sign with") }
    guard until > now.seconds else { throw NoticeProblem(description: "it would have ended before it is sent") }
    var result: Result<Notice, any Error> = .failure(NoticeProblem(description: "the notice cannot be kept"))
    let isKept = store.update(key(artifact, own.publicKey.bytes), lasting: true) { value in
      let last = value.flatMap { try? Notice($0) }?.sequence ?? 0
      result = Result {
        // Milliseconds: an inventory that was lost does not make us say what was said before.
        try Notice.signed(
          content, infoHash: artifact.noticed, sequence: max(last < .max ? last + 1 : last, now.nanoseconds / 1_000_000),
          issued: now.seconds, until: until, key: own)
      }
      if case .success(let notice) = result { value = notice.encoded }
    }
    let notice = try result.get()
    guard isKept else { throw NoticeProblem(description: "the notice cannot be kept: the plugin's store is full") }
    changes.add(1, ordering: .relaxed)
    return ours(notice)
  }

  private func ours(_ notice: Notice) -> HeldNotice { HeldNotice(notice: notice, signer: "this node", isOurs: true) }

  /// Our notice on the artifact, where one holds.
  func ours(of artifact: InfoHash, now: WallTime) -> Notice? {
    own.flatMap { kept(key(artifact, $0.publicKey.bytes)) }.flatMap { $0.until > now.seconds ? $0 : nil }
  }

  // MARK: Others'

  /// Takes a notice that came on a connection for the artifact, if it is good and newer than what is kept of its signer.
  func offer(_ notice: Notice, on artifact: InfoHash, now: WallTime) -> Answer {
    guard [artifact.v1?.bytes, artifact.v2?.bytes].contains(notice.infoHash) else { return refused("it is about another artifact") }
    guard let signer = signers[notice.signer] else {
      return refused("its signer \(Hex.encode(notice.signer)) is not trusted")
    }
    guard signer.note.holds(at: now) else { return refused("its signer \(signer.name) \(signer.note.ending)", signer) }
    let key = key(artifact, notice.signer)
    if store.value(key) == notice.encoded { return .known }
    guard notice.isSigned else { return refused("its signature is not \(signer.name)'s", signer) }
    guard notice.until > now.seconds else { return refused("it ended \(NoticeContent.moment(notice.until))", signer) }
    var answer = Answer.news
    let isKept = store.update(key, lasting: true) { value in
      if let last = value.flatMap({ try? Notice($0) }), last.sequence >= notice.sequence {
        answer = refused("its sequence number \(notice.sequence) is not above \(last.sequence), \(signer.name)'s last", signer)
      } else {
        value = notice.encoded
      }
    }
    return isKept ? answer : refused("it cannot be kept: the plugin's store is full", signer)
  }

  private func refused(_ reason: String, _ signer: Signer? = nil) -> Answer {
    .refused(reason: "\(Notice.name): \(reason)", rule: signer?.rule ?? "notices.trusted", place: signer?.place ?? place)
  }

  // MARK: Looking

  /// What holds for an artifact, ours first.
  func notices(of artifact: InfoHash, now: WallTime) -> [HeldNotice] {
    let keys =
      [own?.publicKey.bytes].compactMap { $0 }
      + signers.keys.filter { $0 != own?.publicKey.bytes }.sorted { $0.lexicographicallyPrecedes($1) }
    return keys.compactMap { kept(key(artifact, $0)) }.compactMap { held($0, now) }
  }

  /// What holds of others for any artifact.
  func received(now: WallTime) -> [HeldNotice] {
    guard takes else { return [] }
    return store.keys.filter { $0.hasPrefix(Self.prefix) }.sorted().compactMap { kept($0) }.compactMap { held($0, now) }
      .filter { !$0.isOurs }
  }

  /// Nil where it has ended, or its signer is not trusted any more.
  private func held(_ notice: Notice, _ now: WallTime) -> HeldNotice? {
    guard notice.until > now.seconds else { return nil }
    if notice.signer == own?.publicKey.bytes { return ours(notice) }
    guard let signer = signers[notice.signer], signer.note.holds(at: now) else { return nil }
    return HeldNotice(notice: notice, signer: signer.name, isOurs: false)
  }

  private func kept(_ key: String) -> Notice? { store.value(key).flatMap { try? Notice($0) } }

  private func key(_ artifact: InfoHash, _ signer: [UInt8]) -> String {
    "\(Self.prefix)\(Hex.encode(artifact.noticed))/\(Hex.encode(signer))"
  }
}

extension InfoHash {
  /// By what notices name an artifact: the stronger of its info-hashes.
  var noticed: [UInt8] { v2?.bytes ?? v1?.bytes ?? [] }
}
