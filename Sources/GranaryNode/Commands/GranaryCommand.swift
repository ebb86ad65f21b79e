import ArgumentParser

/// The root of all commands.
struct GranaryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "granary",
    abstract: "Keeps a company's artifacts and seeds them over BitTorrent to its own machines and to nobody else.",
    discussion: """
      Exit codes: 0 done; 64 usage; 65 bad data; 66 input missing; 69 unavailable; 70 our bug; 73 cannot create; 74 disk I/O; \
      75 another run holds the lock; 77 not permitted; 78 configuration.
      """,
    version: Granary.version,
    subcommands: [
      Publish.self, Add.self, Fetch.self, Run.self, List.self, Show.self, Verify.self, Remove.self, Pause.self, Resume.self,
      LimitsCommand.self, Status.self, Peers.self, Why.self,
      JournalCommand.self, PolicyCommand.self, PendingCommand.self, Notify.self, MessagesCommand.self,
      Runs.self, Check.self, PluginsCommand.self, Reload.self, PKICommand.self, KeysCommand.self, TokenCommand.self, CatalogueCommand.self,
    ])
}

/// Options of every command.
struct CommonOptions: ParsableArguments {
  @Option(
    name: .long, help: "The configuration (default: ./granary.yaml, else $CONFIGURATION_DIRECTORY/granary.yaml, else that of /etc/granary)."
  )
  var config: String?

  @Flag(name: .long, help: "Print one JSON document; errors are one too.")
  var json = false
}
