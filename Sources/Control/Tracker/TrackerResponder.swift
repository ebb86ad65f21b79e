import Hummingbird
import HummingbirdCore
import NIOCore
import PluginKit
import TLS
import Tracker

/// Announces and scrapes: no routes, no middleware, since there are so many of them.
struct TrackerResponder: HTTPResponder {
  let tracker: EmbeddedTracker
  let isSecure: Bool
  let keys: @Sendable () -> AnnounceKeys

  func respond(to request: Request, context: FaceContext) async throws -> Response {
    guard request.method == .get else { return Response(status: .methodNotAllowed) }
    do throws(TrackerTarget.Problem) {
      let target = try TrackerTarget((request.head.path ?? "").utf8)
      return respond(await answer(target, from: await asker(context.channel, key: target.key)))
    } catch {
      switch error {
      case .notFound: return Response(status: .notFound)
      case .malformed(let reason): return respond(TrackerReplyBody.failure(reason))
      }
    }
  }

  /// What can be said at once; nil for all that has to wait, refusals among it, and all that is wrong.
  func answerNow(_ target: String, over link: FaceLink) -> [UInt8]? {
    guard let target = try? TrackerTarget(target.utf8), let asker = asker(link, key: target.key) else { return nil }
    switch target.question {
    case .announce(let announce, let form):
      return tracker.announceNow(announce, from: asker).map { TrackerReplyBody.encode($0, form: form) }
    case .scrape(let infoHashes): return tracker.scrapeNow(infoHashes, from: asker).map { TrackerReplyBody.encode($0) }
    }
  }

  private func answer(_ target: TrackerTarget, from asker: TrackerAsker?) async -> [UInt8] {
    guard let asker else { return TrackerReplyBody.failure(TrackerOutcome.refusal) }
    switch target.question {
    case .announce(let announce, let form): return TrackerReplyBody.encode(await tracker.announce(announce, from: asker), form: form)
    case .scrape(let infoHashes): return TrackerReplyBody.encode(await tracker.scrape(infoHashes, from: asker))
    }
  }

  /// Nil for whoever is told nothing.
  private func asker(_ channel: any Channel, key: [UInt8]?) async -> TrackerAsker? {
    guard let link = await FaceLink(channel, isSecure: isSecure) else { return nil }
    return asker(link, key: key)
  }

  private func asker(_ link: FaceLink, key: [UInt8]?) -> TrackerAsker? {
    guard let identities = keys().identities(showing: key, proven: link.identities) else { return nil }
    return TrackerAsker(
      ip: link.remote.ip, local: link.local, link: link.certificate.map { .tls($0) } ?? .plain, identities: identities)
  }

  private func respond(_ body: [UInt8]) -> Response {
    Response(status: .ok, headers: [.contentType: "text/plain"], body: .init(byteBuffer: ByteBuffer(bytes: body)))
  }
}
