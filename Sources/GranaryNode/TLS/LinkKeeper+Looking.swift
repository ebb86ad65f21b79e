import OpenSSL
import Settings
import Synchronization
import TLS

extension LinkKeeper {
  /// What a look at the files came to.
  struct News: Sendable {
    /// Whether anything else is in force now.
    var isChanged = false
    /// What was read again.
    var read: [String] = []
    /// What could not be, and is told for the first time.
    var problems: [String] = []
  }

  /// Looks whether files have changed, and reads what has settled. Waits for the disk; not for an event loop.
  func look(now: Int64) -> News {
    working.withLock { _ in
      var news = News()
      var (fleets, sources, watches) = state.withLock { ($0.fleets, $0.book.sources, $0.watches) }
      for index in fleets.indices where fleets[index].watch.look() { read(&fleets[index], now, &news) }
      var areOthers = false
      for index in watches.indices where watches[index].look() {
        areOthers = read(&sources[index], &watches[index], now, &news) || areOthers
      }
      state.withLock { state in
        (state.fleets, state.watches) = (fleets, watches)
        if areOthers { state.book.replace(sources: sources, at: now) }
      }
      return news
    }
  }

  private func read(_ fleet: inout Fleet, _ now: Int64, _ news: inout News) {
    var loader = TLSLoader(now: now)
    guard let material = loader.fleet(fleet.material.settings) else { return fail(&fleet.watch, loader, &news) }
    fleet.material = material
    fleet.watch.take(loader.identities)
    fleet.entry.replace(context: material.context)
    news.isChanged = true
    news.read.append("tls.\(fleet.entry.name)")
  }

  private func read(_ source: inout SSLTorrentSource, _ watch: inout FileWatch, _ now: Int64, _ news: inout News) -> Bool {
    var loader = TLSLoader(now: now)
    guard let fresh = loader.sslTorrents(source.settings, number: source.number) else {
      fail(&watch, loader, &news)
      return false
    }
    source = fresh
    watch.take(loader.identities)
    news.isChanged = true
    news.read.append("tls.\(source.name)")
    return true
  }

  private func fail(_ watch: inout FileWatch, _ loader: TLSLoader, _ news: inout News) {
    let problem = loader.problem
    if watch.problem != problem { news.problems.append(problem) }
    watch.fail(problem)
  }
}
