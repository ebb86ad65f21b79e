internal import HTTPClient
internal import PluginKit

extension CatalogueFollower {
  /// Reads what was accepted before, and judges it as if it came now: a key may be trusted no longer.
  func load() async {
    for url in urls {
      guard let index = index(of: url), !followed[index].isLoaded else { continue }
      do {
        let stored = try await store.followed(url.description)
        guard let index = self.index(of: url) else { continue }
        followed[index].isLoaded = true
        guard let stored else { continue }
        followed[index].stored = stored
        let catalogue = try followed[index].mirror.trust.accept(stored.bytes, after: nil, now: now().seconds)
        (followed[index].document, followed[index].problem) = (catalogue.document, nil)
      } catch let refusal as CatalogueRefusal {
        guard let index = self.index(of: url) else { continue }
        followed[index].problem = "what was accepted before: \(refusal)"
        followed[index].isUntrusted = refusal.isOfSignature
      } catch {
        // Without it nothing can be told from what is rolled back: it is read again the next time.
        if let index = self.index(of: url) { followed[index].problem = "what was accepted before cannot be read: \(error)" }
      }
    }
  }

  /// Asks the server. What comes is accepted, or there is a problem.
  func ask(_ url: HTTPURL) async {
    guard let index = index(of: url), followed[index].isLoaded else { return }
    let known = followed[index]
    do {
      switch try await transport.catalogue(url, etag: known.document == nil ? nil : known.stored?.etag) {
      case .unchanged: try stay(url)
      case .bytes(let bytes, let etag): try await accept(bytes, etag, from: url)
      }
    } catch let refusal as CatalogueRefusal {
      fail(url, "\(refusal)", rule: refusal.code)
    } catch {
      fail(url, "\(error)", rule: "unreachable")
    }
  }

  private func stay(_ url: HTTPURL) throws(CatalogueRefusal) {
    guard let index = index(of: url), let stored = followed[index].stored else { return }
    try followed[index].mirror.trust.judgeAge(stored.last.date, now: now().seconds)
    (followed[index].problem, followed[index].failures, followed[index].isCurrent) = (nil, 0, true)
  }

  private func accept(_ bytes: [UInt8], _ etag: String?, from url: HTTPURL) async throws {
    guard let index = index(of: url) else { return }
    let last = followed[index].stored?.last
    let catalogue = try followed[index].mirror.trust.accept(bytes, after: last, now: now().seconds)
    let accepted = AcceptedCatalogue(catalogue)
    let stored = FollowedCatalogue(
      url: url.description, bytes: bytes, last: accepted, etag: etag, acceptedAt: now().seconds)
    // Remembered before anything is done by it.
    if followed[index].stored?.last != accepted || followed[index].stored?.etag != etag { try await store.keep(stored) }
    guard let index = self.index(of: url) else { return }
    (followed[index].stored, followed[index].document) = (stored, catalogue.document)
    (followed[index].problem, followed[index].failures, followed[index].isUntrusted) = (nil, 0, false)
    followed[index].isCurrent = true
    if last?.serial != accepted.serial { news.accepted(url, catalogue, place: followed[index].mirror.place) }
  }

  private func fail(_ url: HTTPURL, _ reason: String, rule: String) {
    guard let index = index(of: url) else { return }
    followed[index].problem = reason
    followed[index].failures += 1
    followed[index].isCurrent = false
    news.refused(url, reason, rule: rule, place: followed[index].mirror.place)
  }
}
