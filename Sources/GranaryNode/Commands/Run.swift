import ArgumentParser
import Foundation
import Settings

struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The node: serves the inventory until it is told to stop.",
    discussion: """
      TERM and INT let what is queued go out, announce 'stopped' and exit 0, a second one ends at once; HUP reads the configuration \
      and its lists again; USR1 opens the log's file anew. \
      Exits 75 where another process holds the state directory, 69 where a port is in use, 78 where the configuration has problems.

      With --for, --until or --max-runtime it is a run for cron: it ends by itself, at whatever comes first, exits 0, and says nothing \
      but warnings where there is no terminal. --until ready: nothing waits to be verified; idle:DUR: nothing was transferred, fetched or \
      verified for so long; complete: all that is fetched, and that mirrors want, is here; ratio:N: N times the bytes of what is in \
      service have gone out.
      """)

  /// What to do where another process has the state directory.
  private enum Overlap {
    case skip
    case wait(Duration)
    case replace
  }

  @OptionGroup var common: CommonOptions
  @Option(name: .customLong("for"), help: "End after serving for this time, as 90s or 2h.") var serving: String?
  @Option(help: "End when this is reached: ready, idle:DUR, complete or ratio:N; may be repeated.") var until: [String] = []
  @Option(help: "End after this time from the start, waiting included, whatever is under way.") var maxRuntime: String?
  @Option(help: "Wait for a random time up to this before anything else: machines of a fleet do not start together.") var splay: String?
  @Option(
    help:
      """
      Where another run holds the state directory: skip (exit 75 at once), wait[:DUR] for it (default: 1h), or replace it: it hands over its \
      sockets and ends, and nobody who connects is refused.
      """)
  var overlap = "skip"
  @Flag(help: "Exit 0 in place of 75 where another run holds the state directory, and say nothing of it.") var quiet = false
  @Option(help: "Write what came of the run to this file at its end, as one JSON document; - for standard output.") var report: String?

  func validate() throws {
    for text in [serving, maxRuntime, splay] { _ = try text.map(parseTime) }
    _ = try aims()
    _ = try parseOverlap()
  }

  // Optimized, it makes LLVM crash while it splits the coroutine (Swift 6.3.1, release, the whole module at once).
  @_optimize(none)
  func run() async throws {
    // A log that is moved away before there is one is no reason to end.
    signal(SIGUSR1, SIG_IGN)
    let began = ContinuousClock.now
    let environment = try ServiceEnvironment.process()
    let activated = try ActivatedSockets(environment.inherited)
    try await rest()
    let settings = try NodeConfiguration.load(common.config).settings
    let order = RunOrder(try bounds(), report: report, began: began)
    let isQuiet = !order.bounds.isEmpty && !Console.isTerminal
    LogOutput.shared.reader(isJournal: environment.isJournal(STDERR_FILENO), isQuiet: isQuiet)
    let service = NodeService(environment, sockets: activated, log: .shared)
    try await makeNode(settings, service, isBounded: !order.bounds.isEmpty)?.run(order: order)
  }

  /// Waits for the splay.
  private func rest() async throws {
    guard let splay = try splay.map(parseTime), splay > .zero else { return }
    try await Task.sleep(for: .milliseconds(Int64.random(in: 0...max(0, Int64(splay / .milliseconds(1))))))
  }

  /// The node, ready to run; nil where another run has its place, and that is nothing to speak of.
  private func makeNode(_ settings: NodeSettings, _ service: NodeService, isBounded: Bool) async throws -> Node? {
    let (path, file) = (common.config, settings.file)
    let make = { @Sendable (former: Inheritance?) in
      // What was written while it waited is in force.
      let configuration = try NodeConfiguration.load(path)
      return try Node(configuration: configuration, service: service, former: former) { try NodeConfiguration.load(path ?? file) }
    }
    do {
      // Before anybody gives up a place for us.
      try service.prepare(settings)
      return try await waiting(try parseOverlap(), make)
    } catch {
      // What another run is doing it tells itself.
      if Failure(error).status != .tryLater { NodeTextfile.fail(settings, isBounded: isBounded) }
      throw error
    }
  }

  private func bounds() throws -> RunBounds {
    RunBounds(serving: try serving.map(parseTime), longest: try maxRuntime.map(parseTime), aims: try aims())
  }

  private func aims() throws -> [RunBounds.Aim] {
    try until.map { text in
      guard let aim = RunBounds.Aim(text) else {
        throw ValidationError("'\(text)' is nothing to run until: write ready, complete, idle:10m or ratio:1.5")
      }
      return aim
    }
  }

  private func parseOverlap() throws -> Overlap {
    let parts = overlap.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    switch (parts.first, parts.dropFirst().first) {
    case ("skip", nil): return .skip
    case ("wait", let time): return .wait(try time.map(parseTime) ?? .seconds(3600))
    case ("replace", nil): return .replace
    default: throw ValidationError("'\(overlap)' is no way to deal with another run: write skip, wait[:DUR] or replace")
    }
  }

  /// The node, once it has the state directory; nil where it need not be told that it has not.
  @inline(never)
  private func waiting(_ overlap: Overlap, _ make: (Inheritance?) throws -> Node) async throws -> Node? {
    let began = ContinuousClock.now
    while true {
      do {
        return try make(nil)
      } catch let failure as Failure where failure.status == .tryLater {
        var patience = Duration.zero
        switch overlap {
        case .skip: break
        case .wait(let longest): patience = longest
        case .replace:
          if let former = try await Successor.place(common.config) { return try make(former) }
          patience = Successor.patience
        }
        guard ContinuousClock.now - began < patience else {
          if quiet { return nil }
          throw failure
        }
        try await Task.sleep(for: .milliseconds(250))
      }
    }
  }
}
