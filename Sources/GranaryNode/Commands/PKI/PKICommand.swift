import ArgumentParser

struct PKICommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pki",
    abstract: "A small private authority for TLS links, for people who have none.",
    discussion: """
      An authority is a folder: ca.pem, which every node trusts; ca.key, which never leaves it; revoked.pem, which every node reads and \
      which ends, 30 days after it was made unless said otherwise, so that a node which no longer gets it stops trusting. Renew it with \
      'granary pki revoke --renew' from a daily cron job. Who has an authority already needs none of this: nodes take any certificate.
      """,
    subcommands: [PKIInit.self, PKIIssue.self, PKIRevoke.self, PKIShow.self])
}

/// Options of every `pki` command.
struct PKIOptions: ParsableArguments {
  @Option(help: "The authority's folder.") var dir = "pki"
  @Flag(help: "Print one JSON document; errors are one too.") var json = false
}
