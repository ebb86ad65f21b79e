import ArgumentParser
import Foundation
import Logging
import OpenSSL
import PluginKit
import Plugins

/// The program: what `main` of the executable calls, and what a team's own executable calls with plugins of its own.
///
/// ```swift
/// import GranaryNode
///
/// @main struct Main {
///   static func main() async { await Granary.main(plugins: Granary.builtInPlugins + [MyPlugin.self]) }
/// }
/// ```
public enum Granary {
  /// The version of this program.
  public static let version = "0.1.0"

  /// The plugins that come with Granary.
  public static var builtInPlugins: [any Plugin.Type] { Plugins.builtIns }

  /// Runs the command that the arguments name and exits with its status.
  public static func main(plugins: [any Plugin.Type], arguments: [String] = Array(CommandLine.arguments.dropFirst())) async -> Never {
    // A reader of our output that has gone must not end us in the middle of a change.
    signal(SIGPIPE, SIG_IGN)
    unblockSignals()
    LoggingSystem.bootstrap({ NodeLogHandler(label: $0, metadataProvider: $1) }, metadataProvider: nil)
    let registry = PluginRegistry(plugins)
    if let name = registry.duplicates.first {
      Console.note("granary: error: two plugins are called '\(name)'")
      exit(ExitStatus.internalError.rawValue)
    }
    KnownPlugins.set(registry)
    do {
      // Better here, with a sentence, than in the midst of hashing.
      try DigestAlgorithm.checkAvailability()
      var command = try GranaryCommand.parseAsRoot(arguments)
      try await run(&command)
      exit(ExitStatus.done.rawValue)
    } catch {
      end(error, asJSON: arguments.contains("--json"))
    }
  }

  /// Whoever started us may have left TERM or HUP blocked, and then nothing could stop us cleanly.
  private static func unblockSignals() {
    var none = sigset_t()
    sigemptyset(&none)
    sigprocmask(SIG_SETMASK, &none, nil)
  }

  private static func run(_ command: inout any ParsableCommand) async throws {
    if var asynchronous = command as? any AsyncParsableCommand {
      try await asynchronous.run()
    } else {
      try command.run()
    }
  }

  private static func end(_ error: any Error, asJSON: Bool) -> Never {
    let isUsage = GranaryCommand.exitCode(for: error) == .validationFailure
    // What else the argument parser throws knows how to end by itself: help, version.
    guard isUsage || isDomain(error) else { GranaryCommand.exit(withError: error) }
    let failure = isUsage && !isDomain(error) ? Failure(.usage, GranaryCommand.message(for: error)) : Failure(error)
    Console.report(failure, asJSON: asJSON)
    exit(failure.status.rawValue)
  }

  private static func isDomain(_ error: any Error) -> Bool {
    if error is ExitCode || error is CleanExit || error is ValidationError { return false }
    return !String(reflecting: type(of: error)).hasPrefix("ArgumentParser.")
  }
}
