import ArgumentParser

struct KeysCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys",
    abstract: "Keys with which nodes and peers prove themselves (the plugin auth).",
    discussion: """
      A key of its own (Ed25519) stays with its holder; others list its public half. A shared key (HMAC-SHA-256) is the same secret at both \
      ends. Both are good for who a peer is; neither encrypts: the link is TLS's.
      """,
    subcommands: [KeysNew.self])
}
